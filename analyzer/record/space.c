/* space.c: see space.h and proc(5). */
#include "record/space.h"

#include "base/clock.h"
#include "record/proc.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static const char *const names[LG_FILES] = {
	[LG_FILE_MAPS] = "maps",
	[LG_FILE_MEM] = "mem",
	[LG_FILE_PAGEMAP] = "pagemap",
};

void space_init(struct space *s, uint32_t pid)
{
	*s = (struct space){ .pid = pid };
	for (int i = 0; i < LG_FILES; i++)
		s->files[i] = i == LG_FILE_PAGEMAP ? -1 : proc_open(pid, names[i]);
}

void space_open(struct space *s, uint32_t tid)
{
	for (int i = 0; i < LG_FILES; i++)
		if (s->files[i] < 0)
			s->files[i] = proc_open(tid, names[i]);
}

bool space_is_open(const struct space *s)
{
	return s->files[LG_FILE_MAPS] >= 0 && s->files[LG_FILE_MEM] >= 0;
}

void space_close(struct space *s)
{
	for (int i = 0; i < LG_FILES; i++) {
		if (s->files[i] >= 0)
			close(s->files[i]);
		s->files[i] = -1;
	}
}

/* ---- the window -------------------------------------------------------------------------------------- */

#define SERVE_NS (10u * 1000 * 1000) /* a look every so often */
#define SERVE_LOOKS 300 /* in vain: the process does not serve any more */
#define SERVE_MOST_NS (120ull * 1000 * 1000 * 1000) /* for a whole snapshot: other processes wait */

void space_serve(struct space *s, struct lg_area *window)
{
	s->window = window;
	s->window_until_ns = clock_ns(CLOCK_MONOTONIC) + SERVE_MOST_NS;
	s->is_lost = false;
}

static bool wait_until_served(const struct space *s)
{
	_Atomic uint32_t *request = &s->window->request;
	struct timespec nap = { 0, SERVE_NS };

	for (int i = 0; i < SERVE_LOOKS && !kill((pid_t)s->pid, 0); i++) {
		uint32_t now = atomic_load(request);

		if (!(now & (LG_REQ_SERVE | LG_REQ_SERVING)))
			return true;
		syscall(SYS_futex, request, FUTEX_WAIT, now, &nap, NULL, 0);
		space_breathe(s);
	}
	return false;
}

/* Has the process read a part of one of its files, or see which pages are there; the answer is that of read(2). */
static ssize_t read_by_window(struct space *s, enum lg_file what, void *to, size_t bytes, uint64_t offset)
{
	struct lg_area *a = s->window;

	a->window_file = what;
	a->window_offset = offset;
	a->window_bytes = bytes < LG_WINDOW_BYTES ? bytes : LG_WINDOW_BYTES;
	atomic_fetch_or(&a->request, LG_REQ_SERVE);
	syscall(SYS_futex, &a->request, FUTEX_WAKE, 1, NULL, NULL, 0);
	if (!wait_until_served(s) || clock_ns(CLOCK_MONOTONIC) > s->window_until_ns) {
		s->window = NULL;
		s->is_lost = true;
		errno = ETIME;
		return -1;
	}
	int64_t answer = a->window_answer;
	if (answer < 0 || (uint64_t)answer > bytes || (uint64_t)answer > LG_WINDOW_BYTES) {
		errno = answer < 0 && answer > -4096 ? (int)-answer : EIO;
		return -1;
	}
	memcpy(to, (const char *)a + LG_OFF_WINDOW, (size_t)answer);
	return (ssize_t)answer;
}

/* ---- reading ----------------------------------------------------------------------------------------- */

/* As much as there is, up to `bytes`. */
static size_t read_file(struct space *s, enum lg_file file, void *to, size_t bytes, uint64_t offset)
{
	size_t done = 0;
	ssize_t n;

	do {
		char *at = (char *)to + done;

		if (s->files[file] >= 0)
			n = pread(s->files[file], at, bytes - done, (off_t)(offset + done));
		else if (s->window)
			n = read_by_window(s, file, at, bytes - done, offset + done);
		else
			n = -1;
		done += n > 0 ? (size_t)n : 0;
	} while (n > 0 && done < bytes);
	return done;
}

/* process_vm_readv is faster; /proc/PID/mem also shows what has lost its read permission. */
bool space_read(struct space *s, uint32_t tid, uint64_t start, void *to, size_t bytes)
{
	struct iovec local = { to, bytes }, remote = { (void *)start, bytes };

	return process_vm_readv((pid_t)tid, &local, 1, &remote, 1, 0) == (ssize_t)bytes ||
	       read_file(s, LG_FILE_MEM, to, bytes, start) == bytes;
}

size_t space_pages(struct space *s, uint64_t start, size_t pages, uint64_t *entries)
{
	return read_file(s, LG_FILE_PAGEMAP, entries, pages * 8, start / LG_PAGE * 8) / 8;
}

/* Linux 6.7, include/uapi/linux/fs.h: PAGEMAP_SCAN, struct pm_scan_arg, struct page_region. */
struct scan {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
struct scanned {
	uint64_t start, end, categories;
};
#define SCAN _IOWR('f', 16, struct scan)
#define SCANNED_MAX 512u
#define EXISTS (1u << 3 | 1u << 4) /* PAGE_IS_PRESENT, PAGE_IS_SWAPPED */

ssize_t space_scan(struct space *s, uint64_t start, uint64_t end, struct lg_range *runs, size_t room,
		   uint64_t *walked)
{
	struct scanned found[SCANNED_MAX];
	struct scan scan = { .size = sizeof scan,
			     .start = start,
			     .end = end,
			     .vec = (uint64_t)found,
			     .vec_len = room < SCANNED_MAX ? room : SCANNED_MAX,
			     .category_anyof_mask = EXISTS,
			     .return_mask = EXISTS };
	int n = s->files[LG_FILE_PAGEMAP] < 0 ? -1 : ioctl(s->files[LG_FILE_PAGEMAP], SCAN, &scan);

	if (n < 0 || scan.walk_end <= start)
		return -1;
	*walked = scan.walk_end;
	for (int i = 0; i < n; i++)
		runs[i] = (struct lg_range){ found[i].start, found[i].end };
	return n;
}

size_t space_resident(struct space *s, uint64_t start, size_t pages, uint8_t *there)
{
	ssize_t n = s->window ? read_by_window(s, LG_RESIDENT, there, pages, start) : 0;

	return n > 0 ? (size_t)n : 0;
}

/* Where the last mapping of these lines ends. */
static uint64_t last_end(const char *lines, size_t bytes)
{
	const char *before = bytes ? memrchr(lines, '\n', bytes - 1) : NULL;
	char *dash;

	strtoul(before ? before + 1 : lines, &dash, 16);
	return *dash == '-' ? strtoul(dash + 1, NULL, 16) : 0;
}

#define MAPPINGS_MOST (256u << 20) /* bytes of text: more than a million of them */

/* Each answer takes up where the mappings of the last one ended. */
static void read_mappings_by_window(struct space *s, struct buf *text)
{
	char *part = malloc(LG_WINDOW_BYTES + 1);
	uint64_t from = 0;
	bool goes_on = part;
	ssize_t got;

	while (goes_on && !text->failed &&
	       (got = read_by_window(s, LG_FILE_MAPS, part, LG_WINDOW_BYTES, from)) > 0) {
		buf_put(text, part, (size_t)got);
		part[got] = 0;
		uint64_t end = last_end(part, (size_t)got);
		goes_on = end > from;
		from = end;
		text->failed |= text->used > MAPPINGS_MOST;
	}
	free(part);
}

static void read_mappings(struct space *s, struct buf *text)
{
	char part[LG_PAGE];
	ssize_t got;

	while ((got = pread(s->files[LG_FILE_MAPS], part, sizeof part, (off_t)text->used)) > 0 &&
	       !text->failed)
		buf_put(text, part, (size_t)got);
}

struct trace_mapping *space_mappings(struct space *s, size_t *n)
{
	struct buf text = { 0 };

	if (s->files[LG_FILE_MAPS] >= 0)
		read_mappings(s, &text);
	else if (s->window)
		read_mappings_by_window(s, &text);
	struct trace_mapping *mappings =
	    proc_parse_mappings((char *)text.bytes, text.failed ? 0 : text.used, n);
	buf_free(&text);
	return mappings;
}
