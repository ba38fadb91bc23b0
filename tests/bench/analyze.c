/* analyze.c: how long the judge thinks. A made-up heap of BLOCKS live blocks of 128 bytes with three references each
 * and EVENTS events in all goes through replay, graph, classify and fold; each stage's seconds, the peak of
 * resident memory, less the snapshot's own, and the CPU time of all threads are printed.
 *
 *   analyze [BLOCKS [EVENTS [held|lost]]]      1000000 10000000 held
 *
 * 70 % of the references are to near blocks, 30 % anywhere. "lost" takes the root away: the worst case. */
#include "heap/replay.h"
#include "passes/dominators.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#define HEAP 0x555555560000ULL
#define GLOBALS 0x555555550000ULL
#define BLOCK_BYTES 112u
#define STRIDE 128u
#define BATCH 65536u

struct bench {
	uint32_t nblocks;
	uint64_t nevents, seed, *words, globals[512];
	struct trace trace;
	struct trace_node nodes[64];
	struct trace_snapshot snapshot;
	struct trace_mapping mappings[2];
	struct trace_memory memory[2];
	struct heap heap;
	struct graph graph;
	struct classes classes;
	struct leak_set leaks;
	struct dominators dominators;
	double since, cpu_since;
	long snapshot_kib;
};

static uint64_t random_of(struct bench *b)
{
	b->seed ^= b->seed << 13;
	b->seed ^= b->seed >> 7;
	b->seed ^= b->seed << 17;
	return b->seed;
}

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static long peak_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static void lap(struct bench *b, const char *stage)
{
	double t = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);

	printf("%-10s %7.3f s   peak %6ld MiB   %7.3f s of CPU\n", stage, t - b->since,
	       (peak_kib() - b->snapshot_kib) / 1024, cpu - b->cpu_since);
	b->since = now(CLOCK_MONOTONIC);
	b->cpu_since = now(CLOCK_PROCESS_CPUTIME_ID);
}

static uint64_t addr_of(uint64_t i)
{
	return HEAP + 16 + i * STRIDE;
}

static void fill_block(struct bench *b, uint32_t i)
{
	uint64_t *block = b->words + 2 + (uint64_t)i * STRIDE / 8;

	for (int e = 0; e < 3; e++) {
		uint64_t r = random_of(b);
		uint64_t to = r % 10 < 7 ? i + r % 2000 / 10 : r / 10;
		block[1 + e * 4] = addr_of(to % b->nblocks);
	}
}

static void make_snapshot(struct bench *b, bool held)
{
	uint64_t bytes = (uint64_t)b->nblocks * STRIDE + 4096;

	b->words =
	    mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (b->words == MAP_FAILED)
		exit(1);
	for (uint32_t i = 0; i < b->nblocks; i++)
		fill_block(b, i);
	for (uint32_t i = 0; held && i < 512; i++)
		b->globals[i] = addr_of(random_of(b) % b->nblocks);
	b->mappings[0] =
	    (struct trace_mapping){ GLOBALS,	     GLOBALS + 4096,	0, PROT_READ | PROT_WRITE,
				    LG_MAPPING_READ, (char *)"/bin/app" };
	b->mappings[1] = (struct trace_mapping){
		HEAP, HEAP + (bytes & ~4095ULL), 0, PROT_READ | PROT_WRITE, LG_MAPPING_READ, (char *)"[heap]"
	};
	b->memory[0] = (struct trace_memory){ GLOBALS, 4096, b->globals };
	b->memory[1] = (struct trace_memory){ HEAP, bytes & ~4095ULL, b->words };
	b->snapshot = (struct trace_snapshot){
		.whole = true, .mappings = b->mappings, .nmappings = 2, .memory = b->memory, .nmemory = 2
	};
	b->trace = (struct trace){ .path = (char *)"bench", .nodes = b->nodes, .nnodes = 64 };
	b->trace.process.allocator = (char *)"/lib/libc.so.6";
}

/* The blocks are born in an order that is not their address's; the other events free and allocate one at a time. */
static struct trace_event event_number(struct bench *b, uint64_t n, uint32_t *gone)
{
	struct trace_event e = { .key = n, .thread = 1, .entry = LG_ENTRY_MALLOC, .size = BLOCK_BYTES };
	uint64_t scramble = n * 7919 % b->nblocks;

	e.type = LG_EV_ALLOC;
	e.stack = 1 + (uint32_t)(scramble % 50);
	e.addr = addr_of(scramble);
	if (n >= b->nblocks && (n - b->nblocks) % 2 == 0) {
		*gone = (uint32_t)(random_of(b) % b->nblocks);
		e = (struct trace_event){ .key = n, .thread = 1, .entry = LG_ENTRY_FREE, .type = LG_EV_FREE };
		e.addr = addr_of(*gone);
	} else if (n >= b->nblocks) {
		e.addr = addr_of(*gone);
	}
	return e;
}

/* What it takes to make the events is not the judge's time. */
static void make_heap(struct bench *b)
{
	static struct trace_event batch[BATCH];
	struct replay *r = replay_new(0);
	uint32_t gone = 0;

	for (uint64_t n = 0; n < b->nevents;) {
		double start = now(CLOCK_MONOTONIC), cpu_start = now(CLOCK_PROCESS_CPUTIME_ID);
		uint64_t k = 0;
		for (; k < BATCH && n < b->nevents; k++, n++)
			batch[k] = event_number(b, n, &gone);
		b->since += now(CLOCK_MONOTONIC) - start;
		b->cpu_since += now(CLOCK_PROCESS_CPUTIME_ID) - cpu_start;
		if (replay_events(r, batch, k))
			exit(1);
	}
	b->heap = (struct heap){ .trace = &b->trace, .snapshot = &b->snapshot };
	if (replay_finish(r, &b->heap))
		exit(1);
	replay_free(r);
}

static void print_sums(const struct bench *b)
{
	for (int i = 0; i < LEAK_CLASSES; i++)
		printf("%-9s %10lu blocks\n", leak_class_name((enum leak_class)i), b->classes.sums[i].blocks);
	printf("%lu references, %u leaks\n", b->graph.first[b->heap.nblocks], b->leaks.nleaks);
}

int main(int argc, char **argv)
{
	static struct bench b = { .seed = 88172645463325252ULL };
	struct err err = { "" };

	b.nblocks = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
	b.nevents = argc > 2 ? strtoull(argv[2], NULL, 10) : 10000000;
	b.nevents = b.nevents < b.nblocks ? b.nblocks : b.nevents + (b.nevents - b.nblocks) % 2;
	make_snapshot(&b, argc <= 3 || strcmp(argv[3], "lost"));
	b.snapshot_kib = peak_kib();
	b.since = now(CLOCK_MONOTONIC);
	b.cpu_since = now(CLOCK_PROCESS_CPUTIME_ID);
	make_heap(&b);
	printf("%u blocks, %lu events, snapshot %ld MiB\n", b.nblocks, b.nevents, b.snapshot_kib / 1024);
	lap(&b, "replay");
	if (graph_build(&b.graph, &b.heap, &err))
		return 1;
	lap(&b, "graph");
	if (classify(&b.classes, &b.graph, &err))
		return 1;
	lap(&b, "classify");
	if (fold_leaks(&b.leaks, &b.classes, &err))
		return 1;
	lap(&b, "fold");
	if (dominators_find(&b.dominators, &b.classes,
			    &(struct root_groups){ .of = calloc(b.graph.nroot_refs + 1, 4), .n = 1 }, &err))
		return 1;
	lap(&b, "dominators");
	print_sums(&b);
	return 0;
}
