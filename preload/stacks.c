/* stacks.c: stacks as paths in a tree of code addresses, each node found once in an insert-only hash set.
 *
 * Lock-free, and one word a node: whoever finds a node finds all of it, and looks at one cache line as a rule. */
#include "shim.h"

#define PROBES 128u
#define ROOM (LG_NODES - LG_NODES / 8) /* fuller than that, looking takes long */

static uint32_t home_of(uint64_t word)
{
	return (uint32_t)((word * 0x9e3779b97f4a7c15ULL) >> (64 - LG_NODE_CODE_SHIFT));
}

static bool place_take(_Atomic uint64_t *place, uint64_t *seen, uint64_t word)
{
	if (!atomic_compare_exchange_strong_explicit(place, seen, word, memory_order_release,
						     memory_order_acquire))
		return false;
	atomic_fetch_add_explicit(&shim.area->nnodes, 1, memory_order_relaxed);
	return true;
}

uint32_t stack_intern(uint32_t parent, uint32_t code)
{
	uint64_t word = (uint64_t)code << LG_NODE_CODE_SHIFT | parent;
	uint32_t home = home_of(word);

	for (uint32_t probe = 0; probe < PROBES; probe++) {
		uint32_t id = (home + probe) % LG_NODES;
		_Atomic uint64_t *place = &shim.nodes[id];
		uint64_t seen = atomic_load_explicit(place, memory_order_acquire);

		if (seen == word && id)
			return id;
		if (seen || !id)
			continue;
		if (unlikely(atomic_load_explicit(&shim.area->nnodes, memory_order_relaxed) >= ROOM))
			return 0;
		if (unlikely(!atomic_load_explicit(&shim.frames[code], memory_order_relaxed)))
			rule_publish(code);
		if (place_take(place, &seen, word) || seen == word)
			return id;
	}
	return 0;
}
