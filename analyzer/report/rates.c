/* rates.c: see rates.h. */
#include "report/rates.h"

#include "report/moments.h"

#include <stdlib.h>

/* Live bytes by stack; NULL: no memory. */
static uint64_t *bytes_by_stack(const struct heap *h)
{
	uint64_t *bytes = calloc(h->trace->nnodes + 1, sizeof *bytes);

	for (uint32_t i = 0; bytes && i < h->nblocks; i++)
		bytes[h->blocks[i].stack] += h->blocks[i].size;
	return bytes;
}

static const struct moment *moment_of(const struct analysis *a, const struct moments *m)
{
	for (uint32_t i = 0; i < m->n; i++)
		if (m->at[i].snapshot == a->snapshot)
			return &m->at[i];
	return &m->at[m->n - 1];
}

static void rate(struct holders *h, const struct heap *heap, const uint64_t *before, const uint64_t *now,
		 uint64_t ns)
{
	for (uint32_t i = 0; i < h->nheaviest; i++) {
		struct holder *holder = &h->at[h->heaviest[i]];
		uint32_t stack = heap->blocks[holder->main_block].stack;

		if (now[stack] > before[stack])
			holder->bytes_per_second =
			    (uint64_t)((double)(now[stack] - before[stack]) * 1e9 / (double)ns);
	}
}

static int compare(struct holders *h, const struct analysis *a, const struct moment *first, uint64_t ns,
		   struct err *err)
{
	struct heap earlier;

	if (moment_heap(&earlier, a, first, err))
		return -1;
	uint64_t *before = bytes_by_stack(&earlier), *now = bytes_by_stack(&a->heap);
	int failed = before && now ? 0 : fail(err, "%s: out of memory", a->trace.path);
	if (!failed)
		rate(h, &a->heap, before, now, ns);
	free(before);
	free(now);
	heap_free(&earlier);
	return failed;
}

int rates_find(struct holders *h, const struct analysis *a, struct err *err)
{
	struct moments moments;

	if (moments_find(&moments, &a->trace))
		return fail(err, "%s: out of memory", a->trace.path);
	uint64_t ns = moments_between(&a->trace, moments.at, moment_of(a, &moments));
	int failed = ns && h->nheaviest ? compare(h, a, moments.at, ns, err) : 0;
	moments_free(&moments);
	return failed;
}
