/* sample.h: which blocks are recorded where most are not, and which blocks were.
 *
 * Each byte that is allocated has its block recorded with the same small chance: the bytes that pass between two that do
 * are drawn from the exponential distribution, so that what has passed says nothing of what is to come. A block of s
 * bytes is then recorded with a chance of 1 - exp(-s / mean), whatever was allocated before it, and stands for as many as
 * the inverse of that (analyzer/heap/sampled.c). Whole numbers only: floating point would leave its marks in the
 * program's status registers. */
#ifndef LG_PRELOAD_SAMPLE_H
#define LG_PRELOAD_SAMPLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* ---- how many bytes pass ------------------------------------------------------------------------------ */

/* splitmix64, by Sebastiano Vigna */
static inline uint64_t sample_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

#define SAMPLE_LOG_BITS 24
#define SAMPLE_LN2 2977044472ULL /* ln 2, times 2^32 */

/* -log2(u / 2^64), times 2^SAMPLE_LOG_BITS, of u > 0. A square doubles the logarithm: each shifts out one of its bits. */
static inline uint64_t sample_minus_log2(uint64_t u)
{
	unsigned zeros = (unsigned)__builtin_clzll(u);
	uint64_t x = u << zeros >> 32, log = 0; /* 1 <= x / 2^31 < 2 */

	for (unsigned bit = SAMPLE_LOG_BITS; bit-- > 0;) {
		x = x * x >> 31;
		log = log << 1 | x >> 32;
		x >>= x >> 32;
	}
	return ((zeros + 1ULL) << SAMPLE_LOG_BITS) - log;
}

static inline uint64_t sample_draw(uint64_t *state, uint64_t mean)
{
	unsigned __int128 log2 = sample_minus_log2(sample_random(state) | 1);

	return (uint64_t)(log2 * mean * SAMPLE_LN2 >> (SAMPLE_LOG_BITS + 32));
}

/* ---- which blocks were -------------------------------------------------------------------------------- */

/* The live blocks that are recorded: a free of any other ends here. A bucket is for the addresses in so many bytes, and
 * those that are equal modulo all of them; neighbours share a cache line, as their blocks are freed together. Each of its
 * words is a block or 0. One that was full once passes for holding any block: events of blocks that are not recorded
 * are in vain, but those of recorded ones must not be missing. */
#define SAMPLED_BUCKET_BITS 17
#define SAMPLED_BUCKETS (1u << SAMPLED_BUCKET_BITS)
#define SAMPLED_WAYS 4u
#define SAMPLED_REACH_BITS 10
struct sampled_bucket {
	_Alignas(16) _Atomic uint32_t blocks[SAMPLED_WAYS];
};
#define SAMPLED_ANY 1u

static inline struct sampled_bucket *sampled_bucket(struct sampled_bucket *all, uint64_t addr)
{
	return &all[addr >> SAMPLED_REACH_BITS & (SAMPLED_BUCKETS - 1)];
}

/* What of an address below 2^47 its bucket does not say; blocks are 8 bytes apart. */
static inline uint32_t sampled_word(uint64_t addr)
{
	uint32_t high = (uint32_t)(addr >> (SAMPLED_REACH_BITS + SAMPLED_BUCKET_BITS)),
		 low = (uint32_t)(addr & ((1u << SAMPLED_REACH_BITS) - 1)) >> 3;

	return 1u << 31 | high << (SAMPLED_REACH_BITS - 3) | low;
}
_Static_assert(47 - SAMPLED_BUCKET_BITS - 3 < 31, "a word tells the rest of an address");

static inline void sampled_add(struct sampled_bucket *all, uint64_t addr)
{
	struct sampled_bucket *b = sampled_bucket(all, addr);

	for (unsigned i = 0; i < SAMPLED_WAYS; i++) {
		uint32_t vacant = 0;

		if (atomic_compare_exchange_strong(&b->blocks[i], &vacant, sampled_word(addr)))
			return;
	}
	atomic_store(&b->blocks[0], SAMPLED_ANY);
}

/* Where most have none. */
static inline bool sampled_has_any(const struct sampled_bucket *b)
{
	uint32_t words = 0;

	for (unsigned i = 0; i < SAMPLED_WAYS; i++)
		words |= atomic_load_explicit(&b->blocks[i], memory_order_relaxed);
	return words;
}

static inline bool sampled_holds(struct sampled_bucket *all, uint64_t addr)
{
	struct sampled_bucket *b = sampled_bucket(all, addr);

	for (unsigned i = 0; i < SAMPLED_WAYS; i++) {
		uint32_t word = atomic_load_explicit(&b->blocks[i], memory_order_relaxed);

		if (word == sampled_word(addr) || word == SAMPLED_ANY)
			return true;
	}
	return false;
}

/* A block ends. False: it is not recorded. */
static inline bool sampled_take(struct sampled_bucket *all, uint64_t addr)
{
	struct sampled_bucket *b = sampled_bucket(all, addr);

	if (__builtin_expect(!sampled_has_any(b), 1))
		return false;
	for (unsigned i = 0; i < SAMPLED_WAYS; i++) {
		uint32_t word = sampled_word(addr);

		if (atomic_compare_exchange_strong(&b->blocks[i], &word, 0))
			return true;
	}
	return sampled_holds(all, addr);
}

#endif
