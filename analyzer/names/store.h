/* store.h: where names keep what they found: an arena, maps and a table of address ranges.
 *
 * All three are freed as a whole. Running out of memory is an answer (NULL, false), never a crash. */
#ifndef LG_NAMES_STORE_H
#define LG_NAMES_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed memory that lives until arena_free(). */
struct arena {
	struct arena_block *last; /* the block that is being filled */
};

void *arena_take(struct arena *a, size_t bytes);
char *arena_copy(struct arena *a, const char *text, size_t length);
char *arena_format(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
void arena_free(struct arena *a);

/* Key to pointer, by open addressing. Key 0 stands for an empty slot and is never found. */
struct map {
	struct map_slot {
		uint64_t key;
		void *value;
	} * slots;
	size_t nslots; /* 0 or a power of two; used <= nslots / 2 */
	size_t used;
};

void *map_get(const struct map *m, uint64_t key);
bool map_put(struct map *m, uint64_t key, void *value);
void map_free(struct map *m);

static inline uint64_t map_pointer_key(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

/* Distinct texts, numbered 0, 1, ... in the order they come. The texts stay their owner's. */
struct texts {
	const char **at;
	uint32_t n, room;
	struct map numbers; /* hash of a text to its number + 1 */
};
#define NO_TEXT UINT32_MAX

uint32_t texts_number(struct texts *t, const char *text); /* NO_TEXT: no memory */
void texts_free(struct texts *t);

/* Address ranges, which may nest and overlap. Once sorted: low ascending, and for equal lows high descending, so
 * that a walk from the back meets the tightest range first. reach[i] = max(high[0 .. i]) ends that walk. */
struct spans {
	struct span {
		uint64_t low, high; /* high exclusive */
		uint64_t reach;
		uint32_t item; /* the owner's number */
	} * at;
	size_t n, room;
};

bool spans_add(struct spans *r, uint64_t low, uint64_t high, uint32_t item); /* empty ones are dropped */
void spans_sort(struct spans *r);
void spans_free(struct spans *r);

/* The ranges that cover an address, tightest start first:
 *   for (const struct span *c = spans_first(r, a); c; c = spans_next(r, c, a)) */
const struct span *spans_first(const struct spans *r, uint64_t address);
const struct span *spans_next(const struct spans *r, const struct span *c, uint64_t address);

#endif
