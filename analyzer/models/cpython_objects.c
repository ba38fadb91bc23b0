/* cpython_objects.c: which blocks are objects, by their type, by what it wants to lie before an object in its block, and
 * by a count of references that can be one. */
#include "models/cpython.h"

#include <stdlib.h>
#include <string.h>

#define COUNT_MAX (1u << 31)
#define UNSEEN_COUNT (1u << 20) /* larger counts may be missing from a trace */

static bool is_immortal(const struct py *p, uint64_t count)
{
	return p->l->minor >= 12 && count <= UINT32_MAX && count >> 31;
}

bool py_is_immortal(struct py *p, uint32_t block)
{
	return py_is_instance(p, block) && is_immortal(p, py_get(p, py_object_addr(p, block) + OBJECT_COUNT));
}

/* A small number that is no address. */
static bool is_a_count(const struct py *p, uint64_t count)
{
	const struct trace_snapshot *s = p->w->heap->snapshot;

	if (count < UNSEEN_COUNT || is_immortal(p, count))
		return true;
	if (count >= COUNT_MAX)
		return false;
	for (size_t i = 0; i < s->nmappings; i++)
		if (count >= s->mappings[i].start && count < s->mappings[i].end)
			return false;
	return true;
}

/* Some types allocate less for an instance than they say. */
static bool may_be_short(const struct py_type *t)
{
	return !strncmp(t->name, "datetime.", 9);
}

uint64_t py_payload_end(struct py *p, uint64_t object, enum py_family family)
{
	uint64_t n = py_get(p, object + OBJECT_SIZE);

	switch (family) {
	case PY_INT:
		n = p->l->minor >= 12 ? n >> 3 : (uint64_t)llabs((int64_t)n);
		return 24 + 4 * n;
	case PY_BYTES:
		return 33 + n;
	case PY_TUPLE:
		return TUPLE_ITEMS + 8 * n;
	case PY_COMPLEX:
		return 32;
	default:
		return 24;
	}
}

/* Families whose instances say how many items follow, where others have a pointer. */
static bool says_its_size(enum py_family family)
{
	return family == PY_INT || family == PY_BYTES || family == PY_TUPLE;
}

/* Pools give out multiples of 16. An instance without items has no more bytes than its type says, but for the values of its
 * attributes from 3.13 on; a larger block begins as an object that was freed there. */
#define SLACK 16u
#define INLINE_VALUES 280u /* at most: a head, 30 values, and in which order they came */

static bool fits(struct py *p, uint32_t block, const struct py_type *t)
{
	uint64_t size = py_size(p, block), object = py_start(p, block) + t->before;

	if (t->family == PY_STR)
		return size >= p->l->ascii;
	if (size < t->before + (may_be_short(t) ? 16 : t->basic))
		return false;
	if (!t->item &&
	    size >= t->before + t->basic + (t->flags & FLAG_INLINE_VALUES ? INLINE_VALUES : 0) + SLACK)
		return false;
	return !says_its_size(t->family) || py_payload_end(p, object, t->family) <= size - t->before;
}

/* Only types of C do; of these the commonest do not, and what is left of one may begin a block of another kind. */
static bool keeps_corpses(const struct py_type *t)
{
	return !(t->flags & FLAG_HEAP) && t->family != PY_STR && t->family != PY_BYTES && t->family != PY_INT;
}

static const struct py_type *object_at(struct py *p, uint32_t block, uint32_t before)
{
	uint64_t addr = py_start(p, block) + before, type, count;

	if (py_size(p, block) < before + 16 || !py_word(p, addr + OBJECT_TYPE, &type) || !type)
		return NULL;
	const struct py_type *t = py_type_at(p, type);
	if (!t || t->before != before || !fits(p, block, t))
		return NULL;
	if (!py_word(p, addr + OBJECT_COUNT, &count) || !is_a_count(p, count))
		return NULL;
	return count || keeps_corpses(t) ? t : NULL;
}

static void recognise(struct py *p, uint32_t block)
{
	for (uint32_t before = 0; before <= 32; before += 16) {
		const struct py_type *t = object_at(p, block, before);

		if (!t)
			continue;
		bool is_dead = !py_get(p, py_start(p, block) + before + OBJECT_COUNT);
		p->of[block] = (struct py_block){ .of = t->number,
						  .from = (uint16_t)before,
						  .what = is_dead ? PY_CORPSE : PY_INSTANCE };
		return;
	}
}

/* A count that is too large for the trace reads as 0: an object with that many referrers is no corpse. */
static int raise_the_living(struct py *p)
{
	const struct graph *g = p->w->graph;
	uint32_t nblocks = g->heap->nblocks, *referrers = calloc((size_t)nblocks + 1, sizeof *referrers);

	if (!referrers)
		return -1;
	for (uint64_t i = 0; i < g->first[nblocks]; i++)
		referrers[g->refs[i].to]++;
	for (uint32_t i = 0; i < nblocks; i++)
		if (p->of[i].what == PY_CORPSE && referrers[i] >= UNSEEN_COUNT / 2)
			p->of[i].what = PY_INSTANCE;
	free(referrers);
	return 0;
}

int py_find_objects(struct py *p)
{
	uint32_t nblocks = p->w->heap->nblocks;

	p->of = calloc((size_t)nblocks + 1, sizeof *p->of);
	if (!p->of)
		return -1;
	for (uint32_t i = 0; i < nblocks; i++)
		recognise(p, i);
	return raise_the_living(p);
}

int64_t py_count(struct py *p, uint32_t block)
{
	uint64_t count = py_get(p, py_object_addr(p, block) + OBJECT_COUNT);

	if (is_immortal(p, count) || (!count && p->of[block].what == PY_INSTANCE))
		return NO_COUNT;
	return (int64_t)count;
}
