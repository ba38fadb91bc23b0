/* stacks.c: see stacks.h. The node table is the target's memory: ids are masked, and paths are bounded. */
#include "record/stacks.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PATH_MAX_NODES (2 * LG_MAX_FRAMES) /* reused and fresh frames of the shim's longest walk */

#define NUMBERS_BYTES (LG_NODES * sizeof(uint32_t))

/* Mapped, not allocated: an image touches little of it, and malloc may keep it to clear it for the next image. */
void stacks_init(struct stacks *s, const struct lg_area *area)
{
	void *numbers = mmap(NULL, NUMBERS_BYTES, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	*s = (struct stacks){ .area = area, .numbers = numbers == MAP_FAILED ? NULL : numbers };
	s->out_of_memory = !s->numbers;
}

void stacks_free(struct stacks *s)
{
	if (s->numbers)
		munmap(s->numbers, NUMBERS_BYTES);
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

	if (node >= LG_NODES || !s->numbers)
		return 0;
	for (uint32_t at = node; at && !s->numbers[at]; at = (uint32_t)(words[n++] & LG_NODE_PARENT_MASK)) {
		if (n == PATH_MAX_NODES || !(words[n] = node_word(s, at)))
			return 0;
		path[n] = at;
	}
	if (!reserve(s, n)) {
		s->out_of_memory = true;
		return 0;
	}
	while (n-- > 0)
		add(s, path[n], words[n]);
	return s->count;
}
