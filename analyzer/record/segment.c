/* segment.c: see segment.h. The segment is a sealed memfd: no target can shrink it under another. */
#include "record/segment.h"

#include "base/clock.h"
#include "record/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <x86intrin.h>

#define FULL_WAIT_NS (10ull * 1000 * 1000 * 1000)

static uint64_t read_tsc(void)
{
	unsigned cpu;

	return __rdtscp(&cpu);
}

/* The kernel keeps time by the TSC only where it found it constant and in step on all CPUs. */
static bool tsc_is_trusted(void)
{
	char name[32] = "";
	FILE *f = fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "re");

	if (f) {
		if (!fgets(name, sizeof name, f))
			name[0] = 0;
		fclose(f);
	}
	return !strcmp(name, "tsc\n");
}

static void control_fill(struct lg_control *c, bool drop_when_full)
{
	c->version = LG_RING_VERSION;
	c->clock = tsc_is_trusted() ? LG_CLOCK_TSC : LG_CLOCK_SHARED;
	c->tsc_base = c->clock == LG_CLOCK_TSC ? read_tsc() : 0;
	c->full_wait_ns = FULL_WAIT_NS;
	c->drop_when_full = drop_when_full;
	c->recorder_pid = (uint32_t)getpid();
	c->pid_namespace = proc_namespace(c->recorder_pid);
	c->magic = LG_RING_MAGIC;
}

int segment_open(struct segment *s, bool drop_when_full, struct err *err)
{
	*s = (struct segment){ .fd = memfd_create("leakgraph", MFD_CLOEXEC | MFD_ALLOW_SEALING) };
	if (s->fd < 0)
		return fail(err, "cannot make the shared ring buffer (memfd_create: %s)", strerror(errno));
	if (ftruncate(s->fd, (off_t)LG_SEGMENT_BYTES) ||
	    fcntl(s->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) {
		fail(err, "cannot size the shared ring buffer: %s; raise the file size limit (ulimit -f)",
		     strerror(errno));
		segment_close(s);
		return -1;
	}
	s->base = mmap(NULL, LG_SEGMENT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, s->fd, 0);
	if (s->base == MAP_FAILED) {
		s->base = NULL;
		fail(err, "cannot map the shared ring buffer: %s; raise the address space limit (ulimit -v)",
		     strerror(errno));
		segment_close(s);
		return -1;
	}
	s->control = (struct lg_control *)s->base;
	control_fill(s->control, drop_when_full);
	s->begun_ns = clock_ns(CLOCK_MONOTONIC_RAW);
	s->begun_unix_ns = clock_ns(CLOCK_REALTIME);
	return 0;
}

void segment_close(struct segment *s)
{
	if (s->control)
		atomic_store(&s->control->closed, 1);
	if (s->base)
		munmap(s->base, LG_SEGMENT_BYTES);
	if (s->fd > 0)
		close(s->fd);
	*s = (struct segment){ .fd = -1 };
}

struct lg_area *segment_area(const struct segment *s, uint32_t index)
{
	return (struct lg_area *)(s->base + lg_area_offset(index));
}

#define KEPT_BYTES (512u << 10) /* of an area, for the next image: more than a small one touches */

/* Clears the pages that an image has touched. False: they are too many to be kept. */
static bool clear(const struct segment *s, off_t start, off_t end)
{
	off_t at = start, hole, bytes = 0;

	for (; (at = lseek(s->fd, at, SEEK_DATA)) >= 0 && at < end; at = hole) {
		hole = lseek(s->fd, at, SEEK_HOLE);
		hole = hole < end ? hole : end;
		bytes += hole - at;
		if (hole < at || bytes > (off_t)KEPT_BYTES)
			return false;
		memset(s->base + at, 0, (size_t)(hole - at));
	}
	return at >= end || errno == ENXIO;
}

void segment_retire(struct segment *s, uint32_t index)
{
	atomic_store(&s->control->area_state[index], LG_AREA_ENDED);
}

void segment_recycle(struct segment *s, uint32_t index)
{
	off_t start = (off_t)lg_area_offset(index);

	if (!clear(s, start, start + (off_t)LG_AREA_BYTES))
		fallocate(s->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, start, (off_t)LG_AREA_BYTES);
	atomic_store(&s->control->area_state[index], LG_AREA_FREE);
}

uint64_t segment_key(const struct segment *s)
{
	return s->control->clock == LG_CLOCK_TSC ? read_tsc() - s->control->tsc_base
						 : atomic_load(&s->control->counter);
}

#define MEASURE_NS                                                                                           \
	(2u * 1000 * 1000) /* two readings so far apart tell the TSC's pace to one part in ten thousand */

uint64_t segment_key_hz(const struct segment *s)
{
	uint64_t ns = clock_ns(CLOCK_MONOTONIC_RAW) - s->begun_ns;

	if (s->control->clock != LG_CLOCK_TSC)
		return 0;
	if (ns < MEASURE_NS) {
		struct timespec rest = { 0, (long)(MEASURE_NS - ns) };

		nanosleep(&rest, NULL);
		ns = clock_ns(CLOCK_MONOTONIC_RAW) - s->begun_ns;
	}
	return (uint64_t)((double)segment_key(s) * 1e9 / (double)ns);
}

void segment_beat(struct segment *s)
{
	atomic_store(&s->control->beat_key, segment_key(s));
	atomic_fetch_add(&s->control->heartbeat, 1);
	atomic_store_explicit(&s->control->closed, 0, memory_order_relaxed);
}
