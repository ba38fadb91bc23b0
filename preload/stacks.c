/* stacks.c: stacks as paths in a tree of frames, each node found once in an insert-only hash table.
 *
 * Lock-free: a node is written before the index points at it. Two threads that insert the same frame at once may
 * leave one node unused; nothing refers to it. */
#include "shim.h"

#define PROBES 128u

static uint32_t mix(uint32_t parent, uint64_t frame)
{
	uint64_t h = (frame ^ (uint64_t)parent << 32 ^ parent) * 0x9e3779b97f4a7c15ULL;

	return (uint32_t)(h >> 32);
}

static uint32_t node_make(uint32_t parent, uint64_t frame, uint32_t hash)
{
	uint32_t id = atomic_fetch_add_explicit(&shim.area->nnodes, 1, memory_order_relaxed) + 1;

	if (id >= LG_NODES) {
		atomic_store(&shim.area->nnodes, LG_NODES); /* keep it from wrapping round */
		return 0;
	}
	shim.nodes[id].parent = parent;
	shim.nodes[id].hash = hash;
	atomic_store_explicit(&shim.nodes[id].frame, frame, memory_order_release);
	return id;
}

static bool node_is(uint32_t id, uint32_t parent, uint64_t frame)
{
	return shim.nodes[id].parent == parent &&
	       atomic_load_explicit(&shim.nodes[id].frame, memory_order_relaxed) == frame;
}

/* 0 when the table is full. */
uint32_t stack_intern(uint32_t parent, uint64_t frame)
{
	uint32_t hash = mix(parent, frame);
	uint32_t made = 0;

	for (uint32_t probe = 0; probe < PROBES; probe++) {
		_Atomic uint32_t *slot = &shim.index[(hash + probe) % LG_NODE_INDEX];
		uint32_t id = atomic_load_explicit(slot, memory_order_acquire);

		if (!id) {
			if (!made && !(made = node_make(parent, frame, hash)))
				return 0;
			if (atomic_compare_exchange_strong_explicit(slot, &id, made, memory_order_release,
								    memory_order_acquire))
				return made;
		}
		if (node_is(id, parent, frame))
			return id;
	}
	return made;
}
