/* sampled.c: what a block stands for where blocks were sampled (preload/sample.h says how). */
#include "heap/heap.h"

#include <math.h>

#define FRACTION_BITS 32

/* splitmix64's, by Sebastiano Vigna: equal numbers have equal answers */
static uint64_t scatter(uint64_t z)
{
	z = (z + 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint64_t sampled_blocks(uint64_t sample_bytes, uint64_t size, uint64_t event)
{
	double blocks = -1 / expm1(-(double)(size + !size) / (double)sample_bytes);
	double whole = floor(blocks);

	return (uint64_t)whole + ((blocks - whole) * (1ULL << FRACTION_BITS) >
				  (double)(scatter(event) >> (64 - FRACTION_BITS)));
}
