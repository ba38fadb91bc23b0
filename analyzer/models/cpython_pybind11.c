/* cpython_pybind11.c: the tables in which pybind11 finds what belongs to an address or to an object: its instances, their
 * types, who keeps whom alive.
 *
 * They own nothing: an instance takes itself out when it ends. They are std::unordered_maps in the one block that knows the
 * base of all of pybind11's classes; a map's first words are {buckets, how many, first node, how many nodes}, and one of the
 * buckets leads to the third. */
#include "models/cpython.h"

static bool is_its_base(const struct py_type *t)
{
	return t->flags & FLAG_HEAP && !strcmp(t->name, "pybind11_object");
}

static bool knows(struct py *p, const struct block *b, uint64_t value)
{
	for (uint64_t at = b->addr; at + 8 <= b->addr + b->size; at += 8)
		if (py_get(p, at) == value)
			return true;
	return false;
}

/* Whether a map begins at that address. */
static bool is_map(struct py *p, uint64_t map)
{
	uint64_t buckets = py_get(p, map), n = py_get(p, map + 8);
	uint32_t block = buckets ? heap_find(p->w->heap, buckets) : NO_BLOCK;

	return block != NO_BLOCK && p->blocks[block].addr == buckets && p->blocks[block].size == 8 * n &&
	       knows(p, &p->blocks[block], map + 16);
}

/* No node is met twice, so damaged ones lead to an end. */
static void mark_nodes(struct py *p, uint64_t map)
{
	for (uint64_t at = py_get(p, map + 16); at; at = py_get(p, at)) {
		uint32_t node = heap_find(p->w->heap, at);

		if (node == NO_BLOCK || p->of[node].what != PY_UNKNOWN || p->of[node].marks)
			return;
		p->of[node].marks = PY_BORROWS;
	}
}

static void mark_tables(struct py *p, uint32_t block)
{
	const struct block *b = &p->blocks[block];

	for (uint64_t at = b->addr; at + 32 <= b->addr + b->size; at += 8)
		if (is_map(p, at))
			mark_nodes(p, at);
}

static void find_tables(struct py *p, const struct py_type *base)
{
	const struct graph *g = p->w->graph;
	uint32_t of_base = heap_find(p->w->heap, base->addr);

	for (uint32_t i = 0; of_base != NO_BLOCK && i < p->w->heap->nblocks; i++)
		for (uint64_t e = g->first[i]; p->of[i].what == PY_UNKNOWN && e < g->first[i + 1]; e++)
			if (g->refs[e].to == of_base && knows(p, &p->blocks[i], base->addr)) {
				mark_tables(p, i);
				break;
			}
}

void py_find_pybind11(struct py *p)
{
	for (uint32_t i = 0; i < p->ntypes; i++)
		if (is_its_base(p->types[i]))
			find_tables(p, p->types[i]);
}

static bool leads_to_instance(struct py *p, uint64_t at)
{
	uint64_t value = py_get(p, at);

	return value && py_is_instance(p, heap_find(p->w->heap, value));
}

/* A node is {next, key, value}; an instance's key is the C++ object in it. */
enum ref_kind py_label_borrowed(struct py *p, uint32_t holder, uint64_t at, enum ref_kind kind)
{
	bool is_node = p->of[holder].what == PY_UNKNOWN && p->of[holder].marks & PY_BORROWS;

	if (!is_node || at == p->blocks[holder].addr)
		return kind;
	return leads_to_instance(p, at) || leads_to_instance(p, at + 8) ? REF_BORROWED : kind;
}
