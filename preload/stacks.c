/* stacks.c: stacks as paths in a tree of code addresses, each node found once by the hash of its path.
 *
 * The nodes are in the shared segment; the index is private memory, so that the kernel can back it with huge pages: it is
 * looked at in all places at random. It has three levels, the next for what finds no place in the one before, so that a
 * small program touches little. Insert-only and lock-free: a node is there before its place says so, and of two that are
 * made for one path at once the later is never used. */
#include "shim.h"
#include "sys.h"

#define LINE 8u /* places in a cache line */
#define LEVELS 3u
#define HUGE_PAGE (2ULL << 20)

/* A place: 0, or the upper bits of the path's hash and, below, the node. */
struct stack_index {
	_Atomic uint64_t third[LG_NODES];
	_Atomic uint64_t second[1u << 18];
	_Atomic uint64_t first[1u << 12];
};
_Static_assert(offsetof(struct stack_index, first) % HUGE_PAGE == 0, "huge pages end before the first level");

struct level {
	_Atomic uint64_t *places;
	uint32_t count, probes;
};

static inline struct level level(uint32_t n)
{
	struct stack_index *i = shim.stacks;

	if (likely(n == 0))
		return (struct level){ i->first, 1u << 12, LINE };
	return n == 1 ? (struct level){ i->second, 1u << 18, LINE }
		      : (struct level){ i->third, LG_NODES, 16 * LINE };
}

static inline _Atomic uint64_t *place_of(struct level l, uint64_t path, uint32_t probe)
{
	return &l.places[((uint32_t)path * LINE + probe) % l.count];
}

static inline bool is_of(uint64_t place, uint64_t path)
{
	return (place ^ path) >> LG_NODE_CODE_SHIFT == 0;
}

/* Private memory that begins where a huge page does. */
static void *map_aligned(uint64_t bytes)
{
	char *memory = sys_mmap(bytes + HUGE_PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint64_t before = -(uint64_t)memory % HUGE_PAGE;

	if (!memory)
		return NULL;
	if (before)
		sys_munmap(memory, before);
	sys_munmap(memory + before + bytes, HUGE_PAGE - before);
	return memory + before;
}

bool stacks_open(void)
{
	shim.stacks = map_aligned(sizeof *shim.stacks);
	if (!shim.stacks)
		return false;
	sys_madvise(shim.stacks, offsetof(struct stack_index, first), MADV_HUGEPAGE);
	return !sys_madvise(shim.stacks, sizeof *shim.stacks, MADV_WIPEONFORK);
}

struct lg_range stacks_memory(void)
{
	return (struct lg_range){ (uint64_t)shim.stacks, (uint64_t)(shim.stacks + 1) };
}

void stack_prefetch(uint64_t path)
{
	for (uint32_t n = 1; n < LEVELS; n++)
		__builtin_prefetch((const void *)place_of(level(n), path, 0));
}

uint32_t stack_find(uint64_t path)
{
	stack_prefetch(path); /* all levels at once, not one after the other */
	for (uint32_t n = 0; n < LEVELS; n++) {
		struct level l = level(n);

		for (uint32_t probe = 0; probe < l.probes; probe++) {
			uint64_t seen = atomic_load_explicit(place_of(l, path, probe), memory_order_acquire);

			if (!seen)
				return 0;
			if (is_of(seen, path))
				return seen % LG_NODES;
		}
	}
	return 0;
}

static uint32_t node_make(uint32_t parent, uint32_t code)
{
	uint32_t id = atomic_fetch_add_explicit(&shim.area->nnodes, 1, memory_order_relaxed) + 1;

	if (id >= LG_NODES) {
		atomic_store(&shim.area->nnodes, LG_NODES); /* keep it from wrapping round */
		return 0;
	}
	if (unlikely(!atomic_load_explicit(&shim.frames[code], memory_order_relaxed)))
		rule_publish(code);
	atomic_store_explicit(&shim.nodes[id], (uint64_t)code << LG_NODE_CODE_SHIFT | parent,
			      memory_order_release);
	return id;
}

uint32_t stack_add(uint64_t path, uint32_t parent, uint32_t code)
{
	uint32_t id = node_make(parent, code);

	for (uint32_t n = 0; id && n < LEVELS; n++) {
		struct level l = level(n);

		for (uint32_t probe = 0; probe < l.probes; probe++) {
			uint64_t seen = 0;

			if (atomic_compare_exchange_strong(place_of(l, path, probe), &seen,
							   (path & ~(uint64_t)LG_NODE_PARENT_MASK) | id))
				return id;
			if (is_of(seen, path))
				return seen % LG_NODES;
		}
	}
	return id; /* found by none, but a node */
}
