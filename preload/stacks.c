/* stacks.c: stacks as paths in a tree of code addresses, each node found once by the hash of its path.
 *
 * The nodes are in the shared segment; the index is private memory, so that the kernel can back it with huge pages: it is
 * looked at in all places at random. It has four levels, the next for what finds no place in the one before, so that a
 * small program touches little. Insert-only and lock-free: a node is there before its place says so, and of two that are
 * made for one path at once the later is never used. */
#include "shim.h"
#include "sys.h"

#define LINE 8u /* places in a cache line */
/* A place: 0, or the upper bits of the path's hash and, below, the node. */
struct stack_index {
	_Atomic uint64_t fourth[LG_NODES];
	_Atomic uint64_t third[1u << 20];
	_Atomic uint64_t second[1u << 18];
	_Atomic uint64_t first[1u << 12];
};
_Static_assert(offsetof(struct stack_index, first) % HUGE_PAGE == 0, "huge pages end before the first level");

struct level {
	_Atomic uint64_t *places;
	uint32_t mask; /* lines, less one */
	uint32_t tries; /* lines, one after the other */
};

static inline struct level level(uint32_t n)
{
	struct stack_index *i = shim.stacks;

	switch (n) {
	case 0:
		return (struct level){ i->first, (1u << 12) / LINE - 1, 1 };
	case 1:
		return (struct level){ i->second, (1u << 18) / LINE - 1, 1 };
	case 2:
		return (struct level){ i->third, (1u << 20) / LINE - 1, 1 };
	default:
		return (struct level){ i->fourth, LG_NODES / LINE - 1, 16 };
	}
}

static inline _Atomic uint64_t *line_of(struct level l, uint64_t path, uint32_t try)
{
	return &l.places[(((uint32_t)path + try) & l.mask) * LINE];
}

static inline bool is_of(uint64_t place, uint64_t path)
{
	return (place ^ path) >> LG_NODE_CODE_SHIFT == 0;
}

const uint64_t stacks_bytes = sizeof(struct stack_index);

void stacks_open(void *memory)
{
	shim.stacks = memory;
}

#define NODES_OF_SMALL 512u /* the first level holds so many without overflowing */

/* The pages that are touched next, at once rather than one by one, to be read and then to be written. */
static void make_room(uint32_t id)
{
	if (id == 1)
		sys_madvise(shim.stacks->first, sizeof shim.stacks->first, MADV_POPULATE_WRITE);
	else
		sys_madvise(shim.stacks, offsetof(struct stack_index, first), MADV_HUGEPAGE);
}

void stack_prefetch(uint64_t path)
{
	__builtin_prefetch((const void *)line_of(level(1), path, 0));
	__builtin_prefetch((const void *)line_of(level(2), path, 0));
	__builtin_prefetch((const void *)line_of(level(3), path, 0));
}

#define LINE_FULL UINT32_MAX /* of other paths */

/* The path's node; 0: it has none, since its place would be this one. */
static inline uint32_t line_find(const _Atomic uint64_t *line, uint64_t path)
{
	for (uint32_t i = 0; i < LINE; i++) {
		uint64_t seen = atomic_load_explicit(&line[i], memory_order_acquire);

		if (!seen || is_of(seen, path))
			return seen % LG_NODES;
	}
	return LINE_FULL;
}

static inline uint32_t level_find(struct level l, uint64_t path)
{
	uint32_t node = LINE_FULL;

	for (uint32_t try = 0; try < l.tries && node == LINE_FULL; try++)
		node = line_find(line_of(l, path, try), path);
	return node;
}

uint32_t stack_find(uint64_t path)
{
	stack_prefetch(path); /* all levels at once, not one after the other */
	uint32_t node = level_find(level(0), path);
	if (node == LINE_FULL)
		node = level_find(level(1), path);
	if (node == LINE_FULL)
		node = level_find(level(2), path);
	if (unlikely(node == LINE_FULL))
		node = level_find(level(3), path);
	return node == LINE_FULL ? 0 : node;
}

static uint32_t node_make(uint64_t word)
{
	uint32_t code = (word >> LG_NODE_CODE_SHIFT) % LG_CODES;
	uint32_t id = atomic_fetch_add_explicit(&shim.area->nnodes, 1, memory_order_relaxed) + 1;

	if (id >= LG_NODES) {
		atomic_store(&shim.area->nnodes, LG_NODES); /* keep it from wrapping round */
		return 0;
	}
	if (unlikely(id == 1 || id == NODES_OF_SMALL))
		make_room(id);
	if (unlikely(!atomic_load_explicit(&shim.frames[code], memory_order_relaxed)))
		rule_publish(code);
	atomic_store_explicit(&shim.nodes[id], word, memory_order_release);
	return id;
}

/* Gives the path its place; says whose node is there then, since another thread may have been first. */
static inline uint32_t line_add(_Atomic uint64_t *line, uint64_t path, uint32_t id)
{
	uint64_t place = (path & ~(uint64_t)LG_NODE_PARENT_MASK) | id;

	for (uint32_t i = 0; i < LINE; i++) {
		uint64_t seen = atomic_load_explicit(&line[i], memory_order_acquire);

		if (!seen && atomic_compare_exchange_strong(&line[i], &seen, place))
			return id;
		if (is_of(seen, path))
			return seen % LG_NODES;
	}
	return LINE_FULL;
}

static inline uint32_t level_add(struct level l, uint64_t path, uint32_t id)
{
	uint32_t node = LINE_FULL;

	for (uint32_t try = 0; try < l.tries && node == LINE_FULL; try++)
		node = line_add(line_of(l, path, try), path, id);
	return node;
}

static uint32_t add_node(uint64_t path, uint64_t word)
{
	uint32_t id = node_make(word), node;

	if (!id)
		return 0;
	node = level_add(level(0), path, id);
	if (node == LINE_FULL)
		node = level_add(level(1), path, id);
	if (node == LINE_FULL)
		node = level_add(level(2), path, id);
	if (unlikely(node == LINE_FULL))
		node = level_add(level(3), path, id);
	return node == LINE_FULL ? id : node; /* found by none, but a node */
}

uint32_t stack_add(uint64_t path, uint32_t parent, uint32_t code)
{
	return add_node(path, (uint64_t)code << LG_NODE_CODE_SHIFT | parent);
}

uint32_t stack_add_joint(uint64_t path, uint32_t machine, uint32_t python)
{
	return add_node(path, (uint64_t)python << LG_NODE_PYTHON_SHIFT |
				  (uint64_t)LG_CODE_JOINT << LG_NODE_CODE_SHIFT | machine);
}
