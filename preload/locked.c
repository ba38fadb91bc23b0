/* locked.c: mlockall. The shim's own memory is no part of what a program locks: it is many times what RLIMIT_MEMLOCK leaves
 * a program that is not root's, and would all have to be there. So each mapping that /proc/self/maps shows is locked by
 * itself, but for the shim's. Mappings to come the kernel locks; those that the shim makes once a program runs are second
 * ones of what is not locked, and so are not either (thread.c). */
#include "shim.h"
#include "sys.h"

#include <sys/resource.h>

#define EXPORT __attribute__((visibility("default")))

/* ---- what is the shim's ---------------------------------------------------------------------------------- */

static void look_at(struct lg_range *first, uint64_t from, uint64_t start, uint64_t bytes)
{
	if (start && start + bytes > from && start < first->start)
		*first = (struct lg_range){ start, start + bytes };
}

/* The first mapping of the shim that reaches beyond `from`; it starts at UINT64_MAX when there is none. */
static struct lg_range own_mapping(uint64_t from)
{
	const struct lg_range *private = shim.area->shim_ranges;
	struct lg_range first = { UINT64_MAX, UINT64_MAX };

	look_at(&first, from, shim.self_start, shim.self_end - shim.self_start);
	look_at(&first, from, (uint64_t)shim.control, LG_CONTROL_BYTES);
	look_at(&first, from, (uint64_t)shim.area, LG_AREA_MAPPED);
	for (uint32_t i = 0; i < LG_SHIM_RANGES; i++)
		look_at(&first, from, private[i].start, private[i].end - private[i].start);
	for (uint32_t i = 1; i < LG_THREADS; i++)
		look_at(&first, from, (uint64_t)slot_memory(i), LG_SLOT_BYTES);
	return first;
}

static uint64_t own_bytes(void)
{
	uint64_t bytes = 0;

	for (struct lg_range own = own_mapping(0); own.start != UINT64_MAX; own = own_mapping(own.end))
		bytes += own.end - own.start;
	return bytes;
}

static void unlock_own(void)
{
	for (struct lg_range own = own_mapping(0); own.start != UINT64_MAX; own = own_mapping(own.end))
		sys_munlock(own.start, own.end - own.start);
}

/* ---- what the kernel says -------------------------------------------------------------------------------- */

struct text {
	int fd;
	long next, end;
	unsigned char room[256];
};

static int next_char(struct text *t)
{
	if (t->next == t->end) {
		t->next = 0;
		t->end = sys_read(t->fd, t->room, sizeof t->room);
	}
	return t->end > 0 ? t->room[t->next++] : -1;
}

/* The number that is next, and the character after it. 0 at the end. */
static uint64_t next_number(struct text *t, unsigned base)
{
	uint64_t n = 0;

	for (int c = next_char(t);; c = next_char(t)) {
		unsigned digit = c > '9' ? (unsigned)c - 'a' + 10 : (unsigned)c - '0';

		if (digit >= base)
			return n;
		n = n * base + digit;
	}
}

static void skip_line(struct text *t)
{
	int c;

	do
		c = next_char(t);
	while (c >= 0 && c != '\n');
}

/* All that is mapped, as the limit counts it. */
static uint64_t mapped_bytes(void)
{
	struct text text = { .fd = sys_open("/proc/self/statm", O_RDONLY | O_CLOEXEC) };
	uint64_t pages = text.fd < 0 ? 0 : next_number(&text, 10);

	if (text.fd >= 0)
		sys_close(text.fd);
	return pages * LG_PAGE;
}

/* ---- locking --------------------------------------------------------------------------------------------- */

/* What cannot be read cannot be brought in; mlockall does not mind that either. */
static void lock_part(uint64_t start, uint64_t end, bool on_fault)
{
	while (start < end) {
		struct lg_range own = own_mapping(start);
		uint64_t stop = own.start < end ? own.start : end;

		if (start < stop)
			sys_mlock2(start, stop - start, on_fault ? MLOCK_ONFAULT : 0);
		start = own.start < end ? own.end : end;
	}
}

/* False: there is no /proc here. */
static bool lock_mapped(bool on_fault)
{
	struct text text = { .fd = sys_open("/proc/self/maps", O_RDONLY | O_CLOEXEC) };
	uint64_t start;

	if (text.fd < 0)
		return false;
	while ((start = next_number(&text, 16))) {
		lock_part(start, next_number(&text, 16), on_fault);
		skip_line(&text);
	}
	sys_close(text.fd);
	return true;
}

/* Whether the limit is none to this program. It is asked for a lock on all memory that is and comes to be there. */
static bool may_lock(void)
{
	struct rlimit limit = { 0, 0 };

	sys_getrlimit(RLIMIT_MEMLOCK, &limit);
	return (limit.rlim_cur && mapped_bytes() - own_bytes() <= limit.rlim_cur) ||
	       !sys_mlockall(MCL_CURRENT | MCL_ONFAULT);
}

static bool lock_foreign(int flags)
{
	int later = flags & ~MCL_CURRENT;

	if (!may_lock() || !lock_mapped(flags & MCL_ONFAULT))
		return false;
	unlock_own();
	return !(later & MCL_FUTURE) || !sys_mlockall(later);
}

EXPORT int mlockall(int flags)
{
	boot();
	if (!shim.epoch || sandboxed || !(flags & MCL_CURRENT) ||
	    flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) || !lock_foreign(flags))
		return real_end.mlockall(flags);
	return 0;
}
