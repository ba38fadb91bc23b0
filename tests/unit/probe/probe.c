/* probe.c: a library of the shim's unwinding rooms (hence with a module of its own, as the shim has) and one
 * entry that stands where a hook would. */
#include "probe.h"
#include "memos.h"
#include "shim.h"
#include "sys.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>

#define UNW_LOCAL_ONLY
#include <libunwind.h>

struct shim shim;
volatile bool sandboxed;
_Thread_local struct self self;
static _Atomic uint32_t slots;

uint64_t order_untimed(void)
{
	return atomic_fetch_add(&shim.control->counter, 1) + 1;
}

static void range(const void *pc, uint64_t *start, uint64_t *end)
{
	struct dl_find_object o;

	if (!_dl_find_object((void *)pc, &o)) {
		*start = (uint64_t)o.dlfo_map_start;
		*end = (uint64_t)o.dlfo_map_end;
	}
}

static void *room(size_t bytes)
{
	return sys_mmap(bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

void probe_open(void)
{
	char *area = room(LG_AREA_BYTES);

	shim.control = room(LG_PAGE);
	shim.clock = ORDER_COUNTER;
	shim.area = (struct lg_area *)area;
	shim.modules = (void *)(area + LG_OFF_MODULES);
	shim.nodes = (void *)(area + LG_OFF_NODES);
	stacks_open(room(stacks_bytes));
	shim.frames = (void *)(area + LG_OFF_FRAMES);
	for (uint32_t code = LG_CODE_TRUNCATED; code < LG_CODES_RESERVED; code++)
		shim.frames[code] = LG_FRAME_TRUNCATED;
	shim.private = room(sizeof *shim.private);
	shim.memo_mask = MEMOS - 1;
	range((void *)probe_open, &shim.self_start, &shim.self_end);
	range(&_r_debug, &shim.loader_start, &shim.loader_end);
	probe_thread();
}

void probe_thread(void)
{
	uint32_t slot = atomic_fetch_add(&slots, 1);

	self.thread = &shim.area->threads[slot];
	self.scratch = (struct scratch *)((char *)shim.area + LG_OFF_SLOTS + slot * LG_SLOT_BYTES);
	unwind_reset(self.scratch);
	python_reset(python_scratch(self.scratch));
}

static uint64_t address_of(uint64_t frame)
{
	uint32_t module = (uint32_t)(frame >> LG_FRAME_MODULE_SHIFT);

	return (frame & LG_FRAME_OFFSET_MASK) + (module ? shim.modules[module].bias : 0);
}

static void collect_ours(struct probe *p, uint32_t node)
{
	p->nours = 0;
	p->truncated = 0;
	for (; node && p->nours < PROBE_MAX; node = atomic_load(&shim.nodes[node]) & LG_NODE_PARENT_MASK) {
		uint64_t frame = atomic_load(&shim.frames[shim.nodes[node] >> LG_NODE_CODE_SHIFT]);

		if (frame == LG_FRAME_TRUNCATED)
			p->truncated = 1;
		else
			p->ours[p->nours++] = address_of(frame);
	}
}

/* libunwind's own frames are left out: the first is probe_here. */
static void collect_theirs(struct probe *p)
{
	unw_context_t context;
	unw_cursor_t cursor;
	unw_word_t ip;

	p->ntheirs = 0;
	unw_getcontext(&context);
	unw_init_local(&cursor, &context);
	while (unw_step(&cursor) > 0 && p->ntheirs < PROBE_MAX) {
		unw_get_reg(&cursor, UNW_REG_IP, &ip);
		if (!ip)
			break;
		p->theirs[p->ntheirs++] = ip + (unw_is_signal_frame(&cursor) > 0);
	}
}

__attribute__((noinline)) void probe_ours(struct probe *p)
{
	collect_ours(p, unwind_stack(HOOK_FRAME));
	__asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) void probe_here(struct probe *p)
{
	collect_ours(p, unwind_stack(HOOK_FRAME));
	collect_theirs(p);
	/* collect_theirs may or may not have been inlined: drop frames of this library. */
	while (p->ntheirs && in_shim(p->theirs[0]))
		memmove(p->theirs, p->theirs + 1, --p->ntheirs * sizeof *p->theirs);
	__asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) void probe_python(struct probe *p)
{
	uint32_t machine = unwind_stack(HOOK_FRAME), node = python_join(machine);
	uint64_t word = shim.nodes[node];

	p->nours = 0;
	node = node == machine ? 0 : (word >> LG_NODE_PYTHON_SHIFT) % LG_NODES;
	for (; node && p->nours < PROBE_MAX; node = word & LG_NODE_PARENT_MASK) {
		word = shim.nodes[node];
		uint32_t code = (word >> LG_NODE_CODE_SHIFT) % LG_CODES;
		p->ours[p->nours++] = code == LG_CODE_PYTHON_ENTRY ? 0 : shim.frames[code];
	}
	__asm__ volatile("" ::: "memory");
}

uint64_t probe_python_lost(void)
{
	return shim.area->python_lost;
}

const char *probe_python_name(uint64_t frame, char text[2 * 1024])
{
	const struct lg_python_code *c =
	    (void *)((char *)shim.area + LG_OFF_PYTHON + (uint64_t)lg_python_code_of(frame) * LG_PYTHON_UNIT);

	memcpy(text, c->text, c->file_bytes);
	text[c->file_bytes] = '!';
	memcpy(text + c->file_bytes + 1, c->text + c->file_bytes, c->name_bytes);
	text[c->file_bytes + 1 + c->name_bytes] = 0;
	return text;
}

void probe_block(const void *p)
{
	atomic_store(memo_place((uint64_t)p), 0);
}

uint32_t probe_code(uint64_t pc)
{
	return rule_at(pc).code;
}

uint32_t probe_number(uint64_t frame)
{
	return code_number(frame);
}

uint32_t probe_line(const uint8_t *table, uint64_t n, uint32_t first_line, uint64_t offset)
{
	return python_line(table, n, first_line, offset);
}
