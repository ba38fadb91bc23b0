/* stacks.c: stacks as paths in a tree of code addresses, each node found once in an insert-only hash set.
 *
 * Lock-free. A stack is found by the hash of its path, with one look as a rule, whatever its depth; only a new one needs
 * its parent. A node is there for readers of the segment before it can be found, and whoever comes by while another is
 * adding it finishes the work. */
#include "shim.h"

#define PROBES 128u
#define ROOM (LG_NODES - LG_NODES / 8) /* fuller than that, looking takes long */

static uint32_t place_of(uint64_t path, uint32_t probe)
{
	return (uint32_t)(path >> (64 - LG_NODE_CODE_SHIFT)) + probe;
}

uint32_t stack_find(uint64_t path)
{
	for (uint32_t probe = 0; probe < PROBES; probe++) {
		uint32_t id = place_of(path, probe) % LG_NODES;
		uint64_t seen = atomic_load_explicit(&shim.paths[id], memory_order_acquire);

		if (likely(seen == path))
			return id;
		if (!seen && id)
			return 0;
	}
	return 0;
}

static bool place_take(_Atomic uint64_t *place, uint64_t *seen, uint64_t word)
{
	if (atomic_load_explicit(&shim.area->nnodes, memory_order_relaxed) >= ROOM ||
	    !atomic_compare_exchange_strong(place, seen, word))
		return false;
	atomic_fetch_add_explicit(&shim.area->nnodes, 1, memory_order_relaxed);
	return true;
}

uint32_t stack_add(uint64_t path, uint32_t parent, uint32_t code)
{
	uint64_t word = (uint64_t)code << LG_NODE_CODE_SHIFT | parent;

	if (!atomic_load_explicit(&shim.frames[code], memory_order_relaxed))
		rule_publish(code);
	for (uint32_t probe = 0; probe < PROBES; probe++) {
		uint32_t id = place_of(path, probe) % LG_NODES; /* 0 is no node: its place stays empty */
		uint64_t seen = id ? atomic_load_explicit(&shim.nodes[id], memory_order_acquire) : 0;

		if (!id || (seen && seen != word))
			continue;
		if (!seen && !place_take(&shim.nodes[id], &seen, word) && seen != word) {
			if (!seen)
				return 0;
			continue;
		}
		atomic_store_explicit(&shim.paths[id], path, memory_order_release);
		return id;
	}
	return 0;
}
