/* ask.c: a snapshot asked for, and waited for as long as the recorder lives.
 *
 * What is lost by now is answered by the recorder too: it takes a snapshot, judges it while the asking thread waits, and
 * has a minute for it.
 *
 * Where the recorder is kept from looking, the waiting process reads its own mappings and memory for it, into the
 * area's window. Memory goes through the kernel, which says what cannot be read; /proc/self/mem would not do, as it is
 * root's where the process is undumpable. All by the thread: the first one of the process may be gone. */
#include "shim.h"
#include "sys.h"

#include <string.h>

#define WAIT_NS (10 * 1000 * 1000)

static long read_file(const char *path, void *to, size_t bytes, uint64_t offset)
{
	int fd = sys_open(path, O_RDONLY | O_CLOEXEC);
	long answer = fd;

	if (fd >= 0) {
		answer = sys_pread(fd, to, bytes, offset);
		sys_close(fd);
	}
	return answer;
}

static uint64_t next_number(const char **at)
{
	uint64_t n = 0;

	for (; (**at >= '0' && **at <= '9') || (**at >= 'a' && **at <= 'f'); ++*at)
		n = n * 16 + (uint64_t)(**at <= '9' ? **at - '0' : **at - 'a' + 10);
	return n;
}

/* The lines of mappings that reach beyond `from`, moved to the text's begin: how many bytes. */
static long keep_beyond(char *text, long bytes, uint64_t from)
{
	const char *line = text, *end = text + bytes;

	while (line < end) {
		const char *at = line;

		next_number(&at);
		at++;
		if (next_number(&at) > from)
			break;
		at = memchr(line, '\n', (size_t)(end - line));
		line = at ? at + 1 : end;
	}
	memmove(text, line, (size_t)(end - line));
	return end - line;
}

#define LONGEST_LINE (8u * LG_PAGE) /* a path of PATH_MAX in which each character is escaped, and more */

/* By address, as other threads map and unmap meanwhile: an offset would soon be in the midst of another line. A read gives
 * whole lines, at most about a page of them (Linux fs/seq_file.c, seq_read_iter). */
static long read_mappings(char *to, size_t bytes, uint64_t from)
{
	int fd = sys_open("/proc/thread-self/maps", O_RDONLY | O_CLOEXEC);
	long got = fd, kept = 0;

	while (fd >= 0 && bytes - (size_t)kept >= LONGEST_LINE &&
	       (got = sys_read(fd, to + kept, bytes - (size_t)kept)) > 0)
		kept += kept ? got : keep_beyond(to, got, from);
	if (fd >= 0)
		sys_close(fd);
	return got < 0 ? got : kept;
}

static long which_resident(uint64_t start, size_t pages, void *to)
{
	long answer = sys_mincore(start, pages * LG_PAGE, to);

	return answer ? answer : (long)pages;
}

static long read_own(uint32_t file, void *to, size_t bytes, uint64_t offset)
{
	switch (file) {
	case LG_FILE_MAPS:
		return read_mappings(to, bytes, offset);
	case LG_FILE_MEM:
		return sys_read_own(sys_gettid(), to, bytes, offset);
	case LG_RESIDENT:
		return which_resident(offset, bytes, to);
	default:
		return read_file("/proc/thread-self/pagemap", to, bytes, offset);
	}
}

/* Of threads that wait at the same time, one serves. No signal comes in between: its handler may end the process, and
 * would wait for what it has interrupted. */
static void serve(struct lg_area *a, uint32_t request)
{
	uint64_t signals = sys_block_signals();

	if (atomic_compare_exchange_strong(&a->request, &request, request - LG_REQ_SERVE + LG_REQ_SERVING)) {
		a->window_answer = read_own(
		    a->window_file, (char *)a + LG_OFF_WINDOW,
		    a->window_bytes < LG_WINDOW_BYTES ? a->window_bytes : LG_WINDOW_BYTES, a->window_offset);
		atomic_fetch_and(&a->request, ~(uint32_t)LG_REQ_SERVING);
		sys_futex_wake(&a->request);
	}
	sys_set_signals(signals);
}

/* Whether a snapshot that ends the image may be asked for: none is being taken, and one of another kind gives way. */
static bool is_vacant(uint32_t request)
{
	uint32_t what = request & LG_REQ_WHAT;

	return what == LG_REQ_NONE || what == LG_REQ_SNAPSHOT_NOW || what == LG_REQ_SNAPSHOT_CHECK;
}

/* Threads that end the process at the same time have it done one by one: a request that took the place of another would
 * take the recorder's question away unanswered. Who waits for its turn serves the one before; who has been answered ends
 * the process, though others wait. */
void request_snapshot(enum lg_request what)
{
	struct lg_area *a = shim.area;
	struct patience patience = { 0 };
	uint32_t answers = 0;
	bool is_asked = false;

	while (recorder_alive(&patience) && !(is_asked && atomic_load(&a->answers) != answers)) {
		uint32_t request = atomic_load(&a->request);

		if (is_vacant(request)) {
			answers = atomic_load(&a->answers);
			is_asked = atomic_compare_exchange_strong(&a->request, &request, what);
		} else if (request & LG_REQ_SERVE) {
			serve(a, request);
		} else {
			doorbell_ring();
			sys_futex_wait(&a->request, request, WAIT_NS);
		}
	}
}

/* What another thread asked for already serves as well, or is the end of both. */
void demand_snapshot(enum lg_request what)
{
	struct lg_area *a = shim.area;
	struct patience patience = { 0 };
	uint32_t none = LG_REQ_NONE;

	atomic_fetch_add(&self.thread->asking, 1);
	atomic_compare_exchange_strong(&a->request, &none, what);
	while (atomic_load(&a->request) == what && recorder_alive(&patience)) {
		doorbell_ring();
		sys_futex_wait(&a->request, what, WAIT_NS);
	}
	atomic_fetch_sub(&self.thread->asking, 1);
}

#define VERDICT_NS (60ull * 1000 * 1000 * 1000)

static bool may_wait(struct patience *patience, uint64_t since_ns)
{
	return recorder_alive(patience) && sys_now_ns() - since_ns < VERDICT_NS;
}

/* Changes the state if it is `from`, which is told to those that wait. */
static bool verdict_turn(struct lg_verdict *v, uint32_t from, uint32_t to)
{
	bool turned = atomic_compare_exchange_strong(&v->state, &from, to);

	if (turned)
		sys_futex_wake(&v->state);
	return turned;
}

static bool await_verdict(struct lg_verdict *v, uint64_t since_ns, uint64_t *blocks, uint64_t *bytes)
{
	struct patience patience = { 0 };
	uint32_t state;

	while ((state = atomic_load(&v->state)) != LG_VERDICT_GIVEN) {
		if (!may_wait(&patience, since_ns) &&
		    (verdict_turn(v, LG_VERDICT_ASKED, LG_VERDICT_NONE) ||
		     verdict_turn(v, LG_VERDICT_TAKEN, LG_VERDICT_ABANDONED)))
			return false;
		doorbell_ring();
		sys_futex_wait(&v->state, state, WAIT_NS);
	}
	bool is_known = v->is_known;
	*blocks = v->blocks;
	*bytes = v->bytes;
	verdict_turn(v, LG_VERDICT_GIVEN, LG_VERDICT_NONE);
	return is_known;
}

/* A signal handler that comes while the thread waits would wait for itself. */
bool ask_verdict(uint64_t *blocks, uint64_t *bytes)
{
	struct lg_verdict *v = &shim.area->verdict;
	struct patience patience = { 0 };
	uint64_t since_ns = sys_now_ns();

	if (atomic_fetch_add(&self.thread->asking, 1)) {
		atomic_fetch_sub(&self.thread->asking, 1);
		return false;
	}
	while (!verdict_turn(v, LG_VERDICT_NONE, LG_VERDICT_ASKED) && may_wait(&patience, since_ns))
		sys_nap(1000 * 1000);
	bool is_known = may_wait(&patience, since_ns) && await_verdict(v, since_ns, blocks, bytes);
	atomic_fetch_sub(&self.thread->asking, 1);
	return is_known;
}
