/* ask.c: a snapshot asked for, and waited for as long as the recorder lives.
 *
 * Where the recorder is kept from looking, the waiting process reads its own mappings and memory for it, into the
 * area's window. Memory goes through the kernel, which says what cannot be read; /proc/self/mem would not do, as it is
 * root's where the process is undumpable. All by the thread: the first one of the process may be gone. */
#include "shim.h"
#include "sys.h"

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

static long read_own(uint32_t file, void *to, size_t bytes, uint64_t offset)
{
	switch (file) {
	case LG_FILE_MAPS:
		return read_file("/proc/thread-self/maps", to, bytes, offset);
	case LG_FILE_MEM:
		return sys_read_own(sys_gettid(), to, bytes, offset);
	default:
		return read_file("/proc/thread-self/pagemap", to, bytes, offset);
	}
}

/* Of threads that wait at the same time, one serves. */
static void serve(struct lg_area *a, uint32_t request)
{
	if (!atomic_compare_exchange_strong(&a->request, &request, request - LG_REQ_SERVE + LG_REQ_SERVING))
		return;
	a->window_answer =
	    read_own(a->window_file, (char *)a + LG_OFF_WINDOW,
		     a->window_bytes < LG_WINDOW_BYTES ? a->window_bytes : LG_WINDOW_BYTES, a->window_offset);
	atomic_fetch_and(&a->request, ~(uint32_t)LG_REQ_SERVING);
	sys_futex_wake(&a->request);
}

void request_snapshot(enum lg_request what)
{
	struct lg_area *a = shim.area;
	struct patience patience = { 0 };
	uint32_t request;

	atomic_store(&a->request, what);
	while ((request = atomic_load(&a->request)) != LG_REQ_NONE && recorder_alive(&patience)) {
		if (request & LG_REQ_SERVE) {
			serve(a, request);
			continue;
		}
		doorbell_ring();
		sys_futex_wait(&a->request, request, WAIT_NS);
	}
}

/* What another thread asked for already serves as well, or is the end of both. */
void demand_snapshot(void)
{
	struct lg_area *a = shim.area;
	struct patience patience = { 0 };
	uint32_t none = LG_REQ_NONE;

	atomic_compare_exchange_strong(&a->request, &none, LG_REQ_SNAPSHOT_NOW);
	while (atomic_load(&a->request) == LG_REQ_SNAPSHOT_NOW && recorder_alive(&patience)) {
		doorbell_ring();
		sys_futex_wait(&a->request, LG_REQ_SNAPSHOT_NOW, WAIT_NS);
	}
}
