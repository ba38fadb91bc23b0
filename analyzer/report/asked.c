/* asked.c: see asked.h. */
#include "report/asked.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int find_leak(struct asked *out, const struct analysis *a, const char *id, struct err *err)
{
	char *end;
	unsigned long number = strtoul(id + 1, &end, 10);

	if (!a->is_judged)
		return fail(err, "%s has no leaks: it ends without a snapshot, so nothing could be judged",
			    a->trace.path);
	if (*end || !number || number > a->leaks.nleaks)
		return fail(err, "there is no leak %s in %s; it has %u", id, a->trace.path, a->leaks.nleaks);
	out->number = (uint32_t)number - 1;
	out->leak = &a->leaks.leaks[out->number];
	out->block = out->leak->blocks[0];
	return 0;
}

static int find_address(struct asked *out, const struct analysis *a, uint64_t addr, struct err *err)
{
	out->block = heap_find(&a->heap, addr);
	if (out->block == NO_BLOCK)
		return fail(err, "0x%llx is in no block that was alive %s", (unsigned long long)addr,
			    a->is_judged ? "at the snapshot" : "at the end");
	out->inside = addr - a->heap.blocks[out->block].addr;
	return 0;
}

int asked_find(struct asked *out, const struct analysis *a, const char *what, struct err *err)
{
	char *end;

	*out = (struct asked){ .block = NO_BLOCK };
	if ((*what == 'L' || *what == 'l') && what[1] >= '0' && what[1] <= '9')
		return find_leak(out, a, what, err);
	errno = 0;
	uint64_t addr = strtoull(what, &end, 16);
	if (!*what || *end || errno || strspn(what, "0123456789abcdefABCDEFxX") != strlen(what))
		return fail(err, "\"%s\" is neither a leak (L1) nor an address (0x55d0c2a0)", what);
	return find_address(out, a, addr, err);
}
