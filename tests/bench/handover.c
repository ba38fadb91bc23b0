/* handover: nanoseconds a malloc+free pair costs when another thread frees.
 *
 *   handover [DEPTH [PAIRS [COUPLES]]]     20, 1,000,000 and 1 when not said
 *
 * Each couple is a thread that allocates, with DEPTH frames on its stack, and one that frees; blocks go from one to
 * the other through a ring, in parcels. Whoever finds it full or empty lets others run. */
#include "lap.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#define RING 16384u
#define BATCH 10u
#define PARCEL 250u /* blocks that change hands at once; a multiple of BATCH */
#define COUPLES_MAX 32u

static unsigned depth = 20;
static unsigned long pairs = 1000000;
static volatile int sink;

struct couple {
	_Alignas(64) _Atomic unsigned long given; /* taken <= given <= taken + RING; whole parcels */
	_Alignas(64) _Atomic unsigned long taken;
	_Alignas(64) unsigned long made; /* the giver's: given <= made */
	unsigned seed;
	void *ring[RING];
};

static void give(struct couple *c, void *block)
{
	while (c->made - atomic_load_explicit(&c->taken, memory_order_acquire) == RING)
		sched_yield();
	c->ring[c->made++ % RING] = block;
	if (c->made % PARCEL == 0)
		atomic_store_explicit(&c->given, c->made, memory_order_release);
}

static void free_parcel(struct couple *c)
{
	unsigned long at = atomic_load_explicit(&c->taken, memory_order_relaxed);

	while (at == atomic_load_explicit(&c->given, memory_order_acquire))
		sched_yield();
	for (unsigned i = 0; i < PARCEL; i++)
		free(c->ring[(at + i) % RING]);
	atomic_store_explicit(&c->taken, at + PARCEL, memory_order_release);
}

static __attribute__((noinline)) void work(struct couple *c)
{
	for (unsigned i = 0; i < BATCH; i++) {
		c->seed = c->seed * 1103515245 + 12345;
		give(c, malloc(16 + (c->seed >> 20) % 240));
	}
}

static __attribute__((noinline)) void descend(unsigned left, struct couple *c)
{
	if (left)
		descend(left - 1, c);
	else
		work(c);
	sink++; /* no tail call */
}

static void *giver(void *couple)
{
	for (unsigned long i = 0; i < pairs / PARCEL * PARCEL / BATCH; i++)
		descend(depth, couple);
	return NULL;
}

static void *taker(void *couple)
{
	for (unsigned long i = 0; i < pairs / PARCEL; i++)
		free_parcel(couple);
	return NULL;
}

int main(int argc, char **argv)
{
	static struct couple couples[COUPLES_MAX];
	unsigned ncouples = argc > 3 ? (unsigned)atoi(argv[3]) : 1;
	pthread_t threads[2 * COUPLES_MAX];

	depth = argc > 1 ? (unsigned)atoi(argv[1]) : depth;
	pairs = argc > 2 ? strtoul(argv[2], NULL, 10) : pairs;
	ncouples = ncouples > COUPLES_MAX ? COUPLES_MAX : ncouples;
	struct timespec from = lap_begin();
	for (unsigned i = 0; i < ncouples; i++) {
		pthread_create(&threads[2 * i], NULL, giver, &couples[i]);
		pthread_create(&threads[2 * i + 1], NULL, taker, &couples[i]);
	}
	for (unsigned i = 0; i < 2 * ncouples; i++)
		pthread_join(threads[i], NULL);
	lap_tell(from, pairs * ncouples);
	return 0;
}
