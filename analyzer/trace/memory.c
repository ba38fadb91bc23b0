/* memory.c: the words of a MEMORY chunk. Most of a filtered memory is zero, and most of the rest are addresses whose
 * upper halves are alike: bits say which words and which upper halves there are, and these follow in columns.
 *
 * Decoding may look four bytes past a column: behind the payload there are CHUNK_SLACK zeros. */
#include "trace/file.h"

#include <stdlib.h>
#include <string.h>

#define GROUP 8u /* words to a byte of bits */

/* ---- writing ------------------------------------------------------------------------------------------ */

static void put_head(struct buf *out, const struct trace_memory *ranges, size_t n)
{
	buf_varint(out, n);
	for (size_t i = 0; i < n; i++) {
		buf_varint(out, ranges[i].start);
		buf_varint(out, ranges[i].bytes);
	}
}

struct columns {
	uint8_t *there, *wide, *lows, *highs; /* where the next goes; there is room */
};

/* Without a branch: whether a word is zero is foreseen by no processor. */
static void put_group(struct columns *c, const uint64_t *words, size_t n)
{
	unsigned there = 0, wide = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t low = (uint32_t)words[i], high = (uint32_t)(words[i] >> 32);
		unsigned is_there = words[i] != 0, is_wide = high != 0;

		memcpy(c->lows, &low, 4);
		c->lows += 4 * is_there;
		memcpy(c->highs, &high, 4);
		c->highs += 4 * is_wide;
		there |= is_there << i;
		wide |= is_wide << i;
	}
	*c->there++ = (uint8_t)there;
	*c->wide++ = (uint8_t)wide;
}

static void put_words(struct buf *out, const uint64_t *words, size_t n)
{
	size_t bits = (n + GROUP - 1) / GROUP;

	if (!buf_reserve(out, 2 * bits + 8 * n + 8))
		return;
	uint8_t *start = out->bytes + out->used, *highs = start + 2 * bits + 4 * n + 4;
	struct columns c = { start, start + bits, start + 2 * bits, highs };
	for (size_t i = 0; i < n; i += GROUP)
		put_group(&c, words + i, n - i < GROUP ? n - i : GROUP);
	memmove(c.lows, highs, (size_t)(c.highs - highs));
	out->used += (size_t)(c.lows - start) + (size_t)(c.highs - highs);
}

void put_memory(struct buf *out, const struct trace_memory *ranges, size_t n, const uint64_t *words)
{
	uint64_t bytes = 0;

	put_head(out, ranges, n);
	for (size_t i = 0; i < n; i++)
		bytes += ranges[i].bytes;
	put_words(out, words, (size_t)(bytes / 8));
}

/* ---- reading ------------------------------------------------------------------------------------------ */

static size_t ones(const uint8_t *bits, size_t n)
{
	size_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (size_t)__builtin_popcount(bits[i]);
	return sum;
}

static bool bits_are_sound(const uint8_t *there, const uint8_t *wide, size_t n)
{
	unsigned beyond = n % GROUP ? 0xffu << n % GROUP : 0;
	bool sound = true;

	for (size_t i = 0; i < (n + GROUP - 1) / GROUP; i++)
		sound &= !(wide[i] & ~there[i]);
	return sound && !(n && there[(n - 1) / GROUP] & beyond);
}

static void take_group(struct columns *c, uint64_t *words, size_t n)
{
	unsigned there = *c->there++, wide = *c->wide++;

	if (!there)
		return; /* memory that is never touched costs nothing */
	for (size_t i = 0; i < n; i++) {
		unsigned is_there = there >> i & 1, is_wide = wide >> i & 1;
		uint32_t low, high;

		memcpy(&low, c->lows, 4);
		c->lows += 4 * is_there;
		memcpy(&high, c->highs, 4);
		c->highs += 4 * is_wide;
		words[i] = (low & -is_there) | (uint64_t)(high & -is_wide) << 32;
	}
}

bool take_memory(struct cursor *cursor, uint64_t *words, size_t n)
{
	size_t bits = (n + GROUP - 1) / GROUP;
	const uint8_t *there = take_bytes(cursor, bits, "bits of the memory's words");
	const uint8_t *wide = take_bytes(cursor, bits, "bits of the memory's wide words");

	if (cursor->broken)
		return false;
	if (!bits_are_sound(there, wide, n)) {
		cursor->broken = "bits of the memory's words";
		return false;
	}
	const uint8_t *lows = take_bytes(cursor, 4 * ones(there, bits), "lower halves of the memory's words");
	const uint8_t *highs = take_bytes(cursor, 4 * ones(wide, bits), "upper halves of the memory's words");
	if (cursor->broken)
		return false;
	struct columns c = { (uint8_t *)(uintptr_t)there, (uint8_t *)(uintptr_t)wide,
			     (uint8_t *)(uintptr_t)lows, (uint8_t *)(uintptr_t)highs };
	for (size_t i = 0; i < n; i += GROUP)
		take_group(&c, words + i, n - i < GROUP ? n - i : GROUP);
	return true;
}
