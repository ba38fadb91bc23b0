/* cold: nanoseconds a malloc+free pair costs where nearly every stack is new.
 *
 *   cold [PAIRS [DEPTH [FANOUT]]]     50,000, 20 and 256 when not said
 *
 * Each pair takes a random path through DEPTH of FANOUT functions (256 at most), whose frames have eight sizes. With
 * FANOUT 2 the code is soon known and the outer frames of a stack too; with 256 all but the outermost two frames of
 * every stack are where none was before, and calls come from everywhere. Random sizes, 10,000 live blocks. */
#include "lap.h"

#include <stdint.h>
#include <stdlib.h>

#define LIVE 10000u

struct walk {
	uint64_t seed;
	void *live[LIVE];
};

typedef void function(struct walk *w, unsigned left);
static function *const functions[256];
static unsigned fanout = 256;
static volatile unsigned sink;

static unsigned random_of(struct walk *w)
{
	w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(w->seed >> 33);
}

static __attribute__((noinline)) void pair(struct walk *w)
{
	unsigned k = random_of(w) % LIVE;

	free(w->live[k]);
	w->live[k] = malloc(16 + random_of(w) % 240);
}

/* Always inlined: the call must be each function's own. */
static inline __attribute__((always_inline)) void step(struct walk *w, unsigned left)
{
	if (left)
		functions[random_of(w) % fanout](w, left - 1);
	else
		pair(w);
}

/* clang-format off */
/* The number in each keeps gcc from making one function of all. */
#define FUNCTION(high, low)                                                                                  \
	static void f##high##low(struct walk *w, unsigned left)                                              \
	{                                                                                                    \
		char room[1 + 0x##high##low % 8 * 16];                                                       \
		__asm__ volatile("" ::"r"(room) : "memory");                                                 \
		step(w, left);                                                                               \
		sink += 0x##high##low;                                                                       \
	}
#define POINTER(high, low) f##high##low,
#define ROW(X, high)                                                                                        \
	X(high, 0) X(high, 1) X(high, 2) X(high, 3) X(high, 4) X(high, 5) X(high, 6) X(high, 7)              \
	X(high, 8) X(high, 9) X(high, a) X(high, b) X(high, c) X(high, d) X(high, e) X(high, f)
#define ALL(X)                                                                                               \
	ROW(X, 0) ROW(X, 1) ROW(X, 2) ROW(X, 3) ROW(X, 4) ROW(X, 5) ROW(X, 6) ROW(X, 7)                      \
	ROW(X, 8) ROW(X, 9) ROW(X, a) ROW(X, b) ROW(X, c) ROW(X, d) ROW(X, e) ROW(X, f)
ALL(FUNCTION)
static function *const functions[256] = { ALL(POINTER) };
/* clang-format on */

int main(int argc, char **argv)
{
	static struct walk w = { .seed = 42 };
	unsigned long pairs = argc > 1 ? strtoul(argv[1], NULL, 10) : 50000;
	unsigned depth = argc > 2 ? (unsigned)atoi(argv[2]) : 20;
	unsigned wanted = argc > 3 ? (unsigned)atoi(argv[3]) : 256;

	fanout = wanted >= 1 && wanted <= 256 ? wanted : 256;
	struct timespec from = lap_begin();
	for (unsigned long i = 0; i < pairs; i++)
		step(&w, depth);
	lap_tell(from, pairs);
	for (unsigned i = 0; i < LIVE; i++)
		free(w.live[i]);
	return 0;
}
