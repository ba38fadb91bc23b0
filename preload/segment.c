/* segment.c: the segment that the recorder shares with this process: named in the environment, opened, mapped. */
#include "shim.h"
#include "sys.h"

#include "leakgraph/env.h"

#include <string.h>

extern void *__libc_stack_end; /* at process start: argc, argv, envp (System V psABI, 3.4.1) */

#define SEGMENT_PATH_MAX 64
static char segment_path[SEGMENT_PATH_MAX];

/* ---- whether there is one ---------------------------------------------------------------------------- */

/* The value of an environment variable as the kernel laid it down; libc may not have its own pointer yet. */
static const char *start_env(const char *name)
{
	uintptr_t *at = __libc_stack_end;
	size_t n = strlen(name);

	for (at += 1 + *at + 1; *at; at++) {
		const char *entry = (const char *)*at;
		if (!strncmp(entry, name, n) && entry[n] == '=')
			return entry + n + 1;
	}
	return NULL;
}

static unsigned long number_at(const char *text)
{
	unsigned long n = 0;

	while (*text == ' ' || *text == '\t')
		text++;
	for (; *text >= '0' && *text <= '9'; text++)
		n = n * 10 + (unsigned long)(*text - '0');
	return n;
}

/* What a line of /proc/self/status says; NULL: there is none. */
static const char *status_value(const char *status, const char *name)
{
	size_t n = strlen(name);
	const char *line = status;

	while (line && strncmp(line, name, n)) {
		line = strchr(line, '\n');
		line += line != NULL;
	}
	return line ? line + n : NULL;
}

static unsigned long status_number(const char *status, const char *name)
{
	const char *value = status_value(status, name);

	return value ? number_at(value) : 0;
}

/* How many seccomp filters there are on this thread. Kernels before 5.9 say only whether there are any. */
static unsigned long count_filters(const char *status)
{
	unsigned long filters = status_number(status, "Seccomp_filters:");

	return filters ? filters : status_number(status, "Seccomp:") != 0;
}

/* A process has an id in each namespace from that of /proc down to its own. */
static bool is_of_proc(const char *status)
{
	const char *ids = status_value(status, "NSpid:\t");

	return ids && ids[strspn(ids, "0123456789")] == '\n';
}

/* Read as ld.so reads libraries. */
static const char *read_status(void)
{
	LARGE static char status[LG_PAGE];
	int fd = sys_open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	long n = fd < 0 ? 0 : sys_read(fd, status, sizeof status - 1);

	if (fd >= 0)
		sys_close(fd);
	status[n > 0 ? n : 0] = 0;
	return status;
}

static bool shares_proc; /* this process is of the pid namespace that /proc shows, as is the recorder */

bool segment_find(void)
{
	const char *value = start_env(LG_ENV_SEGMENT), *colon = value ? strchr(value, ':') : NULL, *status;

	if (!colon || (size_t)(colon - value) >= SEGMENT_PATH_MAX)
		return false;
	memcpy(segment_path, value, (size_t)(colon - value));
	status = read_status();
	shares_proc = is_of_proc(status);
	sandboxed = count_filters(status) > number_at(colon + 1);
	return !sandboxed;
}

bool segment_is_named(const char *value)
{
	size_t n = strlen(segment_path);

	return value && n && !strncmp(value, segment_path, n) && value[n] == ':';
}

/* ---- its mappings ------------------------------------------------------------------------------------ */

static struct lg_control *map_control(int fd)
{
	struct lg_control *c = sys_mmap(LG_CONTROL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (c && (c->magic != LG_RING_MAGIC || c->version != LG_RING_VERSION || atomic_load(&c->closed))) {
		sys_munmap(c, LG_CONTROL_BYTES);
		return NULL;
	}
	return c;
}

/* Under another /proc the path may name any file: what is too short to be the segment is not looked at. */
static int open_segment(void)
{
	int fd = sys_open(segment_path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0) {
		shares_proc = false;
		fd = fetch_segment(segment_path);
	}
	if (fd >= 0 && sys_file_bytes(fd) != (long)LG_SEGMENT_BYTES) {
		sys_close(fd);
		return -1;
	}
	return fd;
}

static int descriptor = -1; /* while the process boots */

struct lg_control *segment_open(void)
{
	descriptor = open_segment();
	return descriptor < 0 ? NULL : map_control(descriptor);
}

void segment_close(void)
{
	if (descriptor >= 0)
		sys_close(descriptor);
	descriptor = -1;
	shares_proc = false; /* forked children may be elsewhere */
}

uint64_t segment_pid_namespace(const struct lg_control *control)
{
	return shares_proc && control->pid_namespace ? control->pid_namespace : sys_pid_namespace();
}

static void *map_through(int fd, uint64_t offset)
{
	return sys_mmap(LG_AREA_MAPPED, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, offset);
}

/* A forked child may not be able to open the segment (another user, another root, no descriptor left), or find another
 * file under its name (another /proc). But it has the control pages, at the segment's beginning: all up to the area is
 * mapped once more, and all but the area given back. */
static void *map_behind(struct lg_control *control, uint64_t offset)
{
	char *segment = sys_map_again(control, offset + LG_AREA_MAPPED);

	if (!segment)
		return NULL;
	sys_munmap(segment, offset);
	return segment + offset;
}

/* Where address space is limited there may be no room for what lies before the area. */
static struct lg_area *map_area(struct lg_control *control, uint64_t offset)
{
	struct lg_area *area = descriptor < 0 ? map_behind(control, offset) : map_through(descriptor, offset);
	int fd = area ? -1 : open_segment();

	if (fd < 0)
		return area;
	area = map_through(fd, offset);
	sys_close(fd);
	return area;
}

/* A core dump is the program's, and its size may be limited. */
static struct lg_area *map_undumped(struct lg_control *control, uint64_t offset)
{
	struct lg_area *area = map_area(control, offset);

	if (area)
		sys_madvise(area, LG_AREA_MAPPED, MADV_DONTDUMP);
	return area;
}

struct lg_area *segment_claim(struct lg_control *control)
{
	for (uint32_t i = 0; i < LG_AREAS; i++) {
		uint32_t vacant = LG_AREA_FREE;

		if (!atomic_compare_exchange_strong(&control->area_state[i], &vacant, LG_AREA_CLAIMED))
			continue;
		struct lg_area *area = map_undumped(control, lg_area_offset(i));
		if (area)
			return area;
		atomic_store(&control->area_state[i], LG_AREA_FREE);
		break;
	}
	atomic_fetch_add(&control->untraced, 1);
	return NULL;
}
