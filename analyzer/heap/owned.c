/* owned.c: see owned.h.
 *
 * Of glibc's malloc the layout is known (malloc/arena.c, malloc/malloc.c of 2.36): the main arena is [heap]; other
 * arenas are heaps aligned to HEAP_MAX_SIZE that begin with a pointer to their arena; a chunk's size word lies
 * before the block and says whether it has a mapping of its own. Neighbouring anonymous mappings are merged by the
 * kernel, so a mapping alone says nothing. Of other allocators only the mapping is known. */
#include "heap/owned.h"

#include <string.h>
#include <sys/mman.h>

#define ARENA_BYTES (64ULL << 20) /* HEAP_MAX_SIZE */
#define ARENA_HEADER_MAX 256u /* a heap's first arena follows its heap_info */
#define CHUNK_IS_MMAPPED 2u
#define CHUNK_NON_MAIN_ARENA 4u
#define CHUNK_HEADER 16u
#define MMAP_THRESHOLD (128u << 10) /* glibc's default; smaller blocks rarely have a mapping of their own */

const struct trace_mapping *mapping_at(const struct trace_snapshot *s, uint64_t addr)
{
	size_t at = mappings_after(s->mappings, s->nmappings, addr);

	return at < s->nmappings && s->mappings[at].start <= addr ? &s->mappings[at] : NULL;
}

bool mapping_is_readable(const struct trace_mapping *m)
{
	return m->flags & LG_MAPPING_READ && !(m->flags & LG_MAPPING_SHIM);
}

bool mapping_is_anonymous(const struct trace_mapping *m)
{
	return !(m->flags & LG_MAPPING_SHARED) && (!m->path || !*m->path || !strncmp(m->path, "[anon", 5));
}

bool path_is(const char *path, const char *prefix)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return path && !strncmp(slash ? slash + 1 : path, prefix, strlen(prefix));
}

bool has_mapped(const struct heap *h, const char *prefix)
{
	for (size_t i = 0; h->snapshot && i < h->snapshot->nmappings; i++)
		if (path_is(h->snapshot->mappings[i].path, prefix))
			return true;
	return false;
}

static bool is_brk_heap(const struct trace_mapping *m)
{
	return m->path && !strcmp(m->path, "[heap]");
}

/* A heap of an arena: its first word points at an arena, which lies right behind the header of some heap. */
static bool is_arena(const struct trace_snapshot *s, const struct trace_mapping *m, uint64_t base)
{
	uint64_t arena;

	if (base < m->start || !snapshot_word(s, base, &arena))
		return false;
	return arena && arena % 16 == 0 && arena % ARENA_BYTES < ARENA_HEADER_MAX;
}

static struct lg_range clip(const struct trace_mapping *m, uint64_t start, uint64_t end)
{
	return (struct lg_range){ start > m->start ? start : m->start, end < m->end ? end : m->end };
}

/* The memory around one block of glibc's, within its mapping. */
static struct lg_range glibc_place(const struct trace_snapshot *s, const struct trace_mapping *m,
				   const struct block *b, bool *sure)
{
	uint64_t base = b->addr & ~(ARENA_BYTES - 1), word = 0;
	uint64_t first_page = (b->addr - CHUNK_HEADER) & ~(uint64_t)(LG_PAGE - 1);
	uint64_t last_page = (b->addr + b->size + LG_PAGE - 1) & ~(uint64_t)(LG_PAGE - 1);

	*sure = true;
	if (is_arena(s, m, base))
		return clip(m, base, base + ARENA_BYTES);
	snapshot_word(s, b->addr - 8, &word); /* zero where it is large: the trace keeps no large integers */
	if (word & CHUNK_IS_MMAPPED || (!word && b->size >= MMAP_THRESHOLD))
		return clip(m, first_page, last_page);
	*sure = false;
	return clip(m, base, base + ARENA_BYTES);
}

static void glibc_blocks(struct owned *o, const struct heap *h, const struct trace_mapping *m)
{
	uint64_t done = m->start;

	for (uint32_t i = heap_after(h, m->start); i < h->nblocks && h->blocks[i].addr < m->end; i++) {
		if (h->blocks[i].addr < done || h->blocks[i].entry == LG_ENTRY_POOL || h->blocks[i].pooled)
			continue; /* not glibc's */
		bool sure;
		struct lg_range r = glibc_place(h->snapshot, m, &h->blocks[i], &sure);
		ranges_add(sure ? &o->sure : &o->guessed, r.start, r.end);
		done = r.end;
	}
}

/* Arenas whose blocks are all gone still hold their dead words. */
static void glibc_empty_arenas(struct owned *o, const struct heap *h, const struct trace_mapping *m)
{
	struct ranges touched = { .at = h->touched, .n = h->ntouched };

	for (size_t i = ranges_after(&touched, m->start); i < h->ntouched; i++) {
		uint64_t base = h->touched[i].start & ~(ARENA_BYTES - 1);
		if (h->touched[i].start >= m->end)
			return;
		if (is_arena(h->snapshot, m, base))
			ranges_add(&o->sure, base, base + ARENA_BYTES < m->end ? base + ARENA_BYTES : m->end);
	}
}

static void own_mapping(struct owned *o, const struct heap *h, const struct trace_mapping *m, bool glibc)
{
	struct ranges touched = { .at = h->touched, .n = h->ntouched };

	if (is_brk_heap(m)) {
		ranges_add(&o->sure, m->start, m->end);
	} else if (mapping_is_anonymous(m) && ranges_overlap(&touched, m->start, m->end)) {
		if (glibc) {
			glibc_blocks(o, h, m);
			glibc_empty_arenas(o, h, m);
		} else {
			ranges_add(&o->guessed, m->start, m->end);
		}
	}
}

void owned_find(struct owned *o, const struct heap *h)
{
	bool glibc = path_is(h->trace->process.allocator, "libc");

	*o = (struct owned){ 0 };
	for (size_t i = 0; i < h->snapshot->nmappings; i++)
		if (mapping_is_readable(&h->snapshot->mappings[i]))
			own_mapping(o, h, &h->snapshot->mappings[i], glibc);
	ranges_tidy(&o->sure);
	ranges_tidy(&o->guessed);
}

void owned_free(struct owned *o)
{
	ranges_free(&o->sure);
	ranges_free(&o->guessed);
}
