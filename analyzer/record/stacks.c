/* stacks.c: see stacks.h. The node table is the target's memory: ids are masked, and paths are bounded. */
#include "record/stacks.h"

#include <stdlib.h>
#include <string.h>

#define PATH_MAX_NODES (2 * LG_MAX_FRAMES) /* reused and fresh frames of the shim's longest walk */

void stacks_init(struct stacks *s, const struct lg_area *area)
{
	*s = (struct stacks){ .area = area };
}

void stacks_free(struct stacks *s)
{
	free(s->numbers);
	free(s->fresh);
	memset(s, 0, sizeof *s);
}

static uint64_t node_word(const struct stacks *s, uint32_t node)
{
	const _Atomic uint64_t *nodes = (const void *)((const char *)s->area + LG_OFF_NODES);

	return atomic_load_explicit(&nodes[node], memory_order_acquire);
}

static uint64_t frame_of(const struct stacks *s, uint64_t word)
{
	const _Atomic uint64_t *frames = (const void *)((const char *)s->area + LG_OFF_FRAMES);

	return atomic_load_explicit(&frames[(word >> LG_NODE_CODE_SHIFT) % LG_CODES], memory_order_relaxed);
}

bool stacks_node(const struct stacks *s, uint32_t id, struct trace_node *node)
{
	uint64_t word = node_word(s, id % LG_NODES);

	*node = (struct trace_node){ .parent = (uint32_t)(word & LG_NODE_PARENT_MASK),
				     .frame = frame_of(s, word) };
	return word != 0;
}

static bool reserve(struct stacks *s, size_t more)
{
	size_t room = s->room ? s->room : 1024;

	while (room - s->nfresh < more)
		room *= 2;
	if (room == s->room)
		return true;
	struct trace_node *fresh = realloc(s->fresh, room * sizeof *fresh);
	if (!fresh)
		return false;
	s->fresh = fresh;
	s->room = room;
	return true;
}

/* Room for the number of a node, and so for those of all before it: a node's parents are older. */
static bool reach(struct stacks *s, uint32_t node)
{
	uint32_t room = s->nnumbers ? s->nnumbers : 4096;

	while (room <= node)
		room *= 2;
	uint32_t *numbers = realloc(s->numbers, room * sizeof *numbers);
	if (!numbers)
		return false;
	memset(numbers + s->nnumbers, 0, (room - s->nnumbers) * sizeof *numbers);
	s->numbers = numbers;
	s->nnumbers = room;
	return true;
}

static void add(struct stacks *s, uint32_t node, uint64_t word)
{
	uint32_t parent = s->numbers[word & LG_NODE_PARENT_MASK];

	s->fresh[s->nfresh++] = (struct trace_node){ .parent = parent, .frame = frame_of(s, word) };
	s->numbers[node] = ++s->count;
}

uint32_t stacks_number_new(struct stacks *s, uint32_t node)
{
	uint32_t path[PATH_MAX_NODES], n = 0;
	uint64_t words[PATH_MAX_NODES];

	if (node >= LG_NODES)
		return 0;
	if (node >= s->nnumbers && !reach(s, node)) {
		s->out_of_memory = true;
		return 0;
	}
	for (uint32_t at = node, parent; at && !s->numbers[at]; at = parent) {
		if (n == PATH_MAX_NODES || !(words[n] = node_word(s, at)))
			return 0;
		parent = (uint32_t)(words[n] & LG_NODE_PARENT_MASK);
		if (parent >= at)
			return 0; /* parents are older */
		path[n++] = at;
	}
	if (!reserve(s, n)) {
		s->out_of_memory = true;
		return 0;
	}
	while (n-- > 0)
		add(s, path[n], words[n]);
	return s->count;
}
