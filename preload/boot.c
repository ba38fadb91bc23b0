/* boot.c: from the first call to recording, in stages.
 *
 *   NEW      nobody has called yet; real.* are the boot functions below
 *   FINDING  one thread looks up the real functions with dlsym; calls by others and from inside dlsym are served
 *            from a small arena of our own, whose memory is never given back; the segment is attached, and HELLO said
 *   REAL     the real functions are called; the recorder is waited for
 *   DONE     recording, or passing through for good where there is no segment
 *
 * Called before libc's constructors have run: getenv and friends do not work yet. */
#include "shim.h"
#include "sys.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <string.h>

enum boot_stage { BOOT_NEW, BOOT_FINDING, BOOT_REAL, BOOT_DONE };

/* Atomic also because dlsym is declared leaf: the compiler must not cache it */
static _Atomic uint32_t stage;

struct shim shim;

/* glibc's pthread_atfork, which is not in libc.so itself. */
int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void), void *dso);

/* ---- memory while the real functions are looked up --------------------------------------------------- */

LARGE _Alignas(16) unsigned char boot_arena[BOOT_ARENA_BYTES];
static _Atomic size_t arena_used;

static void *arena_take(size_t size, size_t alignment)
{
	size_t need = size + alignment;
	bool fits = size <= sizeof boot_arena && alignment <= sizeof boot_arena - size;
	size_t at = fits ? atomic_fetch_add(&arena_used, need) : 0;

	if (!fits || at > sizeof boot_arena - need) {
		errno = ENOMEM;
		return NULL;
	}
	return (void *)(((uintptr_t)boot_arena + at + alignment - 1) & ~(uintptr_t)(alignment - 1));
}

/* Each boot function brings the real ones in, then calls through; while that is going on it serves itself. */
static bool found(void)
{
	boot();
	return atomic_load(&stage) >= BOOT_REAL;
}

static void *boot_malloc(size_t size)
{
	return found() ? real.malloc(size) : arena_take(size, 16);
}

static void *boot_calloc(size_t n, size_t size)
{
	size_t bytes;

	if (found())
		return real.calloc(n, size);
	if (__builtin_mul_overflow(n, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return arena_take(bytes, 16); /* .bss, handed out once: zero */
}

static void *boot_realloc(void *p, size_t size)
{
	return found() ? real.realloc(p, size) : arena_take(size, 16); /* p is NULL here: see realloc() */
}

static void boot_free(void *p)
{
	if (found())
		real.free(p);
}

static void *boot_memalign(size_t alignment, size_t size)
{
	return found() ? real.memalign(alignment, size) : arena_take(size, alignment);
}

static void *boot_aligned_alloc(size_t alignment, size_t size)
{
	return found() ? real.aligned_alloc(alignment, size) : arena_take(size, alignment);
}

static void *boot_valloc(size_t size)
{
	return found() ? real.valloc(size) : arena_take(size, LG_PAGE);
}
static void *boot_pvalloc(size_t size)
{
	return found() ? real.pvalloc(size) : arena_take(size, LG_PAGE);
}

static int boot_posix_memalign(void **p, size_t alignment, size_t size)
{
	if (found())
		return real.posix_memalign(p, alignment, size);
	*p = arena_take(size, alignment);
	return *p ? 0 : ENOMEM;
}

struct real real = {
	boot_malloc,   boot_calloc,	   boot_realloc, boot_free,    boot_posix_memalign,
	boot_memalign, boot_aligned_alloc, boot_valloc,	 boot_pvalloc,
};

/* What libc's own do. */
static long boot_syscall(long n, long a, long b, long c, long d, long e, long f)
{
	long answer = sys6(n, a, b, c, d, e, f);

	if (answer > -1 - 4095 && answer < 0) {
		errno = (int)-answer;
		return -1;
	}
	return answer;
}

static int boot_prctl(int option, long a, long b, long c, long d)
{
	return (int)boot_syscall(SYS_prctl, option, a, b, c, d, 0);
}

struct real_end real_end = { .syscall = (void *)boot_syscall, .prctl = (void *)boot_prctl };

/* ---- finding the real functions ---------------------------------------------------------------------- */

/* All names exist in every allocator that glibc runs, or else in glibc behind it: dlsym finds each without
 * the failure path that would allocate. */
static void find_real(void)
{
	struct real next = {
		dlsym(RTLD_NEXT, "malloc"),	    dlsym(RTLD_NEXT, "calloc"),
		dlsym(RTLD_NEXT, "realloc"),	    dlsym(RTLD_NEXT, "free"),
		dlsym(RTLD_NEXT, "posix_memalign"), dlsym(RTLD_NEXT, "memalign"),
		dlsym(RTLD_NEXT, "aligned_alloc"),  dlsym(RTLD_NEXT, "valloc"),
		dlsym(RTLD_NEXT, "pvalloc"),
	};

	real_end = (struct real_end){
		.syscall = dlsym(RTLD_NEXT, "syscall"),
		.prctl = dlsym(RTLD_NEXT, "prctl"),
		.ptrace = dlsym(RTLD_NEXT, "ptrace"),
		.mlockall = dlsym(RTLD_NEXT, "mlockall"),
		.sigaltstack = dlsym(RTLD_NEXT, "sigaltstack"),
		.execve = dlsym(RTLD_NEXT, "execve"),
		.execv = dlsym(RTLD_NEXT, "execv"),
		.execvp = dlsym(RTLD_NEXT, "execvp"),
		.execvpe = dlsym(RTLD_NEXT, "execvpe"),
		.fexecve = dlsym(RTLD_NEXT, "fexecve"),
		.execveat = dlsym(RTLD_NEXT, "execveat"),
		.posix_spawn = dlsym(RTLD_NEXT, "posix_spawn"),
		.posix_spawnp = dlsym(RTLD_NEXT, "posix_spawnp"),
		.exit_now = dlsym(RTLD_NEXT, "_exit"),
		.abort = dlsym(RTLD_NEXT, "abort"),
		.assert_fail = dlsym(RTLD_NEXT, "__assert_fail"),
		.assert_perror_fail = dlsym(RTLD_NEXT, "__assert_perror_fail"),
		.stack_chk_fail = dlsym(RTLD_NEXT, "__stack_chk_fail"),
	};
	shim.first_malloc = dlsym(RTLD_DEFAULT, "malloc");
	real = next;
}

/* ---- the image --------------------------------------------------------------------------------------- */

/* A page that forked children find zeroed; the epoch on it tells them that they are new. Others see it as shim.epoch,
 * once an image has been introduced: calls of a signal handler in between pass by. */
static volatile uint32_t *epoch_page;
static _Atomic uint32_t
    *starting_over; /* on that page too: 1 in a child that does so, whose own nested calls pass by */
static struct lg_range private_range;

/* All private memory is one mapping: up to a huge page that is never touched, what forked children find zeroed (Linux
 * 4.14), which is the index of stacks and the epoch, and what they take over. */
static bool map_private(void)
{
	uint64_t wiped = stacks_bytes + LG_PAGE, bytes = HUGE_PAGE + wiped + sizeof *shim.private;
	char *start =
	    sys_mmap(bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	char *aligned = start + -(uint64_t)start % HUGE_PAGE;

	if (!start || sys_madvise(start, (size_t)(aligned - start) + wiped, MADV_WIPEONFORK))
		return false;
	sys_madvise(start, bytes, MADV_DONTDUMP);
	private_range = (struct lg_range){ (uint64_t)start, (uint64_t)start + bytes };
	stacks_open(aligned);
	epoch_page = (volatile uint32_t *)(aligned + stacks_bytes);
	starting_over = (_Atomic uint32_t *)(epoch_page + 1);
	shim.private = (struct private *)(aligned + wiped);
	return true;
}

static _Atomic bool introducing;
static _Atomic uint64_t passed_by; /* calls meanwhile */

void boot_pass_by(void)
{
	if (atomic_load_explicit(&introducing, memory_order_relaxed))
		atomic_fetch_add(&passed_by, 1);
}

static void open_epoch(void)
{
	*epoch_page = 1;
	shim.epoch = epoch_page;
	atomic_store(&introducing, false);
	atomic_fetch_add(&shim.area->lost_nested, atomic_exchange(&passed_by, 0));
}

/* The file of the next malloc: found once. dladdr would look through all of its symbols. */
static char allocator[sizeof shim.area->allocator];

static void find_allocator(void)
{
	struct dl_find_object o;

	if (!_dl_find_object((void *)real.malloc, &o) && o.dlfo_link_map && o.dlfo_link_map->l_name)
		strncpy(allocator, o.dlfo_link_map->l_name, sizeof allocator - 1);
}

/* Whose malloc the program calls: an executable's own may be its PLT entry alone. */
static uint32_t first_malloc_flags(void)
{
	struct dl_find_object o;

	if (in_shim((uint64_t)shim.first_malloc))
		return 0;
	if (_dl_find_object(shim.first_malloc, &o) || o.dlfo_link_map == _r_debug.r_map)
		return LG_IMAGE_FOREIGN_MALLOC;
	return LG_IMAGE_FOREIGN_MALLOC | LG_IMAGE_BEHIND_MALLOC;
}

static void describe_image(struct lg_area *area, uint32_t flags, uint32_t parent_pid)
{
	atomic_store(&area->pid, sys_getpid());
	area->parent_pid = parent_pid;
	area->pid_namespace = segment_pid_namespace(shim.control);
	area->flags = flags | first_malloc_flags();
	area->hello_key = shim.fork_key ? shim.fork_key : order_now();
	memcpy(area->allocator, allocator, sizeof allocator);
	area->shim_ranges[0] = private_range;
	if (shim.ended)
		area->shim_ranges[1] =
		    (struct lg_range){ (uint64_t)shim.ended, (uint64_t)(shim.ended + MEMOS_MOST) };
}

static void use_area(struct lg_area *area)
{
	shim.area = area;
	shim.modules = (void *)((char *)area + LG_OFF_MODULES);
	shim.frames = (void *)((char *)area + LG_OFF_FRAMES);
	shim.nodes = (void *)((char *)area + LG_OFF_NODES);
	for (uint32_t code = LG_CODE_TRUNCATED; code < LG_CODES_RESERVED; code++)
		atomic_store(&shim.frames[code], LG_FRAME_TRUNCATED);
}

/* Of a daemon the recorder is no ancestor any more. */
static void invite_recorder(struct lg_area *area)
{
	sys_set_tracer(shim.control->recorder_pid);
	atomic_store(&area->invited, 1);
	sys_futex_wake(&area->invited);
}

/* The recorder's answer to HELLO; one that is none: the recorder is gone. */
static uint32_t await_answer(struct lg_area *area)
{
	struct patience patience = { 0 };
	uint32_t answer;

	while ((answer = atomic_load(&area->accepted)) == LG_ACCEPT_WAITING || answer == LG_ACCEPT_INVITE) {
		if (!recorder_alive(&patience))
			break;
		if (answer == LG_ACCEPT_INVITE && !atomic_load(&area->invited))
			invite_recorder(area);
		sys_futex_wait(&area->accepted, answer, 1000 * 1000);
		if (atomic_load(&area->accepted) == answer)
			doorbell_ring();
	}
	if (atomic_load(&area->invited))
		sys_set_tracer(0);
	return answer;
}

static bool module_range(const void *pc, uint64_t *start, uint64_t *end)
{
	struct dl_find_object o;

	if (_dl_find_object((void *)pc, &o))
		return false;
	*start = (uint64_t)o.dlfo_map_start;
	*end = (uint64_t)o.dlfo_map_end;
	return true;
}

/* Children go on with what their parents drew, unless each begins anew. */
static void begin_sampling(void)
{
	uint64_t seed = shim.control->sample_seed + atomic_fetch_add(&shim.control->sampled_images, 1);

	shim.sample_bytes = shim.control->sample_bytes;
	shim.sample_seed = sample_random(&seed);
	if (shim.sample_bytes)
		atomic_fetch_or(&shim.area->paused, LG_PAUSED_SAMPLED);
}

/* Whether the recorder follows this process already. */
static bool is_expected(const struct lg_area *area)
{
	if (!area->pid_namespace || area->pid_namespace != shim.control->pid_namespace)
		return false;
	for (unsigned n = 0; n < LG_WELCOMES; n++) {
		uint32_t pid = atomic_load(&area->pid);

		if (atomic_compare_exchange_strong(&shim.control->welcome[n], &pid, 0))
			return true;
	}
	return false;
}

/* Says HELLO. False: there is no room for this image. */
static bool say_hello(uint32_t flags, uint32_t parent_pid)
{
	struct lg_area *area = segment_claim(shim.control);

	if (!area)
		return false;
	use_area(area);
	shim.tsc_base = shim.control->tsc_base;
	if (shim.control->clock != LG_CLOCK_TSC)
		shim.clock = ORDER_COUNTER;
	shim.verify_every = shim.control->verify_every;
	if (shim.control->free_stacks && !shim.ended)
		shim.ended = sys_mmap(MEMOS_MOST * sizeof *shim.ended, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	shim.plain_ends = shim.ended ? 0 : LG_ENTRIES_OF_MALLOC;
	shim.memo_mask = (shim.ended ? MEMOS_MOST : MEMOS) - 1;
	begin_sampling();
	describe_image(area, flags, parent_pid);
	bool is_welcome = is_expected(area);
	if (is_welcome)
		atomic_store(&area->accepted, LG_ACCEPT_WELCOME);
	atomic_store(&area->state, LG_AREA_LIVE);
	if (!is_welcome)
		doorbell_ring();
	return true;
}

/* Waits until the recorder follows this image: from then on it sees every ending. False: it does not want this image, or
 * is gone. */
static bool is_followed(void)
{
	struct lg_area *area = shim.area;
	uint32_t answer = await_answer(area);

	if (answer == LG_ACCEPT_READ || answer == LG_ACCEPT_PTRACE || answer == LG_ACCEPT_WELCOME)
		return true;
	atomic_store(&area->state, LG_AREA_ENDED);
	sys_munmap(area, LG_AREA_MAPPED);
	return false;
}

/* Valgrind runs code like any other, but answers a request that no other machine hears (valgrind.h, "client request";
 * 0x1001: RUNNING_ON_VALGRIND). It tells of every access to memory that it knows nothing of, as the shim's to the stack
 * may be, and searches all mappings for pointers, also the segment. */
static bool under_valgrind(void)
{
	const volatile uint64_t request[6] = { 0x1001 };
	uint64_t answer = 0;

	__asm__ volatile("rolq $3, %%rdi\n\trolq $13, %%rdi\n\trolq $61, %%rdi\n\trolq $51, %%rdi\n\t"
			 "xchgq %%rbx, %%rbx"
			 : "+d"(answer)
			 : "a"(request)
			 : "cc", "memory");
	return answer;
}

static bool begin_image(void)
{
	module_range((const void *)boot, &shim.self_start, &shim.self_end);
	module_range((const void *)real_end.exit_now, &shim.libc_start, &shim.libc_end);
	module_range((const void *)&_r_debug, &shim.loader_start, &shim.loader_end);
	if (!map_private())
		return false;
	find_allocator();
	atomic_store(&introducing, true);
	return say_hello(0, sys_getppid());
}

static bool begin(void)
{
	shim.control = !under_valgrind() && segment_find() ? segment_open() : NULL;
	bool has_begun = shim.control && begin_image();
	segment_close();
	return has_begun;
}

void boot(void)
{
	uint32_t new = BOOT_NEW;

	if (!atomic_compare_exchange_strong(&stage, &new, BOOT_FINDING))
		return;
	int error = errno;
	find_real();
	bool has_begun = begin();
	operators_find(); /* meanwhile the recorder is woken, and looks */
	lsan_find();
	atomic_store(&stage, BOOT_REAL);
	if (has_begun && is_followed())
		open_epoch();
	atomic_store(&stage, BOOT_DONE);
	errno = error;
}

/* ---- fork -------------------------------------------------------------------------------------------- */

/* What the parent frees from here on, its child still has. */
static void before_fork(void)
{
	if (shim.epoch)
		shim.fork_key = order_now();
}

static void after_fork_in_parent(void)
{
	if (shim.control)
		atomic_fetch_add(&shim.control->forks, 1);
	shim.fork_key = 0;
}

bool boot_child(void)
{
	uint32_t parent_pid, paused;

	if (!shim.epoch || atomic_exchange(starting_over, 1))
		return false;
	shim.epoch = NULL; /* pass through while the new area is claimed */
	atomic_store(&introducing, true);
	if (sandboxed) {
		atomic_fetch_add(&shim.control->untraced, 1);
		return false;
	}
	parent_pid = atomic_load(&shim.area->pid);
	paused = atomic_load(&shim.area->paused) & LG_PAUSES;
	slots_unmap();
	sys_munmap(shim.area, LG_AREA_MAPPED);
	bool attached =
	    say_hello(LG_IMAGE_FORKED | (shim.has_left_out ? LG_IMAGE_LEFT_OUT : 0), parent_pid) &&
	    is_followed();
	shim.fork_key = 0;
	if (!attached)
		return false;
	self = (struct self){ .disabled = self.disabled, .paused = self.paused };
	atomic_fetch_add(&shim.area->paused, paused);
	open_epoch();
	return true;
}

/* ---- libc is ready ----------------------------------------------------------------------------------- */

__attribute__((constructor)) static void constructor(void)
{
	boot();
	if (!shim.epoch)
		return;
	exit_watch();
	__register_atfork(before_fork, after_fork_in_parent, NULL, NULL);
}
