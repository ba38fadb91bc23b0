/* regions.c: see regions.h. */
#include "record/regions.h"

#include "record/mapped.h"

#include <string.h>
#include <sys/mman.h>

static bool is_shim(const struct lg_area *a, const struct trace_mapping *m)
{
	if (!strncmp(m->path, "/memfd:leakgraph", 16))
		return true;
	for (unsigned i = 0; i < LG_SHIM_RANGES; i++)
		if (m->start >= a->shim_ranges[i].start && m->start < a->shim_ranges[i].end)
			return true;
	return false;
}

static bool is_kernel_page(const struct trace_mapping *m)
{
	return !strncmp(m->path, "[v", 2); /* [vvar], [vdso], [vsyscall], [vvar_vclock] */
}

/* Relocated read-only data: the read-only part of a module's writable segment, mapped right before the rest. */
static bool is_relro(const struct trace_mapping *m, const struct trace_mapping *end)
{
	const struct trace_mapping *next = m + 1;

	return m->path[0] == '/' && m->prot == PROT_READ && next < end && next->start == m->end &&
	       next->prot & PROT_WRITE && !strcmp(next->path, m->path);
}

static bool holds_references(const struct lg_area *a, const struct trace_mapping *m,
			     const struct trace_mapping *end)
{
	if (is_shim(a, m) || is_kernel_page(m) || !strncmp(m->path, "/dev/", 5))
		return !strncmp(m->path, "/dev/zero", 9);
	if (m->end >> MAPPED_SPACE_BITS)
		return false;
	if (m->prot & PROT_WRITE)
		return true;
	if (m->flags & LG_MAPPING_SHARED)
		return false;
	return !m->path[0] || m->path[0] == '[' || is_relro(m, end);
}

void regions_mark(struct trace_mapping *mappings, size_t n, const struct lg_area *area, bool has_no_blocks)
{
	for (struct trace_mapping *m = mappings, *end = m + n; m < end; m++) {
		if (is_shim(area, m))
			m->flags |= LG_MAPPING_SHIM;
		if (!has_no_blocks && holds_references(area, m, end))
			m->flags |= LG_MAPPING_READ;
	}
}
