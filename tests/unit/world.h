/* world.h: a small made-up process for tests: blocks, words, threads and mappings at chosen addresses, without a
 * trace file. Everything a test builds is checked against the models' own invariants. */
#ifndef LG_TESTS_WORLD_H
#define LG_TESTS_WORLD_H

#include "heap/replay.h"
#include "heap/told.h"
#include "passes/passes.h"

#include "suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define WORLD_MAPPINGS 32
#define WORLD_RW (PROT_READ | PROT_WRITE)

struct world {
	struct trace trace;
	struct trace_snapshot snapshot;
	struct trace_mapping mappings[WORLD_MAPPINGS];
	struct trace_memory memory[WORLD_MAPPINGS];
	uint64_t *words[WORLD_MAPPINGS];
	struct trace_thread threads[8];
	struct trace_module modules[8];
	struct trace_node nodes[64];
	struct trace_event *events;
	size_t nevents, room;
	uint64_t heap_start, heap_next, globals, global_next;
	struct heap heap;
	struct graph graph;
	struct classes classes;
	struct leak_set leaks;
};

static inline uint64_t *world_word(struct world *w, uint64_t addr)
{
	for (size_t i = 0; i < w->snapshot.nmemory; i++)
		if (addr - w->memory[i].start < w->memory[i].bytes)
			return &w->words[i][(addr - w->memory[i].start) / 8];
	ck_abort_msg("no memory at %#lx", (unsigned long)addr);
	return NULL;
}

static inline void world_set(struct world *w, uint64_t addr, uint64_t value)
{
	*world_word(w, addr) = value;
}

/* Mappings may be added in any order. */
static inline void world_map(struct world *w, uint64_t start, uint64_t bytes, int prot, uint32_t flags,
			     const char *path)
{
	size_t n = w->snapshot.nmappings++, at = n;

	ck_assert_uint_lt(n, WORLD_MAPPINGS);
	for (; at && w->mappings[at - 1].start > start; at--) {
		w->mappings[at] = w->mappings[at - 1];
		w->memory[at] = w->memory[at - 1];
		w->words[at] = w->words[at - 1];
	}
	w->words[at] = calloc(bytes / 8, 8);
	w->mappings[at] = (struct trace_mapping){ .start = start,
						  .end = start + bytes,
						  .prot = (uint32_t)prot,
						  .flags = flags | LG_MAPPING_READ,
						  .path = (char *)path };
	w->memory[at] = (struct trace_memory){ start, bytes, w->words[at] };
	w->snapshot.nmemory = w->snapshot.nmappings;
}

static inline void world_event(struct world *w, struct trace_event e)
{
	if (w->nevents == w->room) {
		w->room = w->room ? 2 * w->room : 64;
		w->events = realloc(w->events, w->room * sizeof *w->events);
	}
	e.key = 1000 + w->nevents;
	if (!e.thread)
		e.thread = 1;
	w->events[w->nevents++] = e;
}

static inline void world_alloc(struct world *w, uint64_t addr, uint64_t size, uint32_t stack)
{
	world_event(w,
		    (struct trace_event){ .type = LG_EV_ALLOC, .addr = addr, .size = size, .stack = stack });
}

/* A block of glibc's kind: 16-aligned, its size word before it. Returns its address. */
static inline uint64_t world_block(struct world *w, uint64_t size, uint32_t stack)
{
	uint64_t addr = w->heap_next + 16, chunk = (size + 8 + 15) & ~15ULL;

	chunk = chunk < 32 ? 32 : chunk;
	w->heap_next += chunk;
	world_alloc(w, addr, size, stack);
	return addr;
}

static inline uint64_t world_root(struct world *w, uint64_t value)
{
	uint64_t at = w->global_next;

	world_set(w, at, value);
	w->global_next += 8;
	return at;
}

static inline void world_open_at(struct world *w, uint64_t heap_start, uint64_t heap_bytes)
{
	*w = (struct world){ .heap_start = heap_start,
			     .heap_next = heap_start,
			     .globals = 0x404000,
			     .global_next = 0x404000 };
	w->trace =
	    (struct trace){ .path = (char *)"test", .modules = w->modules, .nodes = w->nodes, .nnodes = 64 };
	w->trace.process.pid = 100;
	w->trace.process.allocator = (char *)"/lib/x86_64-linux-gnu/libc.so.6";
	w->trace.process.executable = (char *)"/bin/app";
	w->snapshot = (struct trace_snapshot){ .id = 1,
					       .whole = true,
					       .events = UINT64_MAX,
					       .threads = w->threads,
					       .mappings = w->mappings,
					       .memory = w->memory };
	world_map(w, heap_start, heap_bytes, WORLD_RW, 0, "[heap]");
	world_map(w, w->globals, 0x1000, WORLD_RW, 0, "/bin/app");
}

static inline void world_open(struct world *w)
{
	world_open_at(w, 0x10000000, 1 << 20);
}

static inline void world_heap(struct world *w)
{
	struct replay *r = replay_new(w->trace.process.sample_bytes);

	w->heap = (struct heap){ .trace = &w->trace, .snapshot = &w->snapshot };
	ck_assert_ptr_nonnull(r);
	ck_assert_int_eq(replay_events(r, w->events, w->nevents), 0);
	ck_assert_int_eq(replay_finish(r, &w->heap), 0);
	ck_assert_int_eq(told_find(&w->heap), 0);
	replay_free(r);
}

static inline void world_graph(struct world *w)
{
	struct err err = { "" };

	world_heap(w);
	ck_assert_msg(!graph_build(&w->graph, &w->heap, &err), "%s", err.text);
	ck_assert(graph_is_valid(&w->graph));
}

static inline void world_classify(struct world *w)
{
	struct err err = { "" };
	struct sum sum = { 0, 0 };

	world_graph(w);
	ck_assert_msg(!classify(&w->classes, &w->graph, &err), "%s", err.text);
	for (int i = 0; i < LEAK_CLASSES; i++) {
		sum.blocks += w->classes.sums[i].blocks;
		sum.bytes += w->classes.sums[i].bytes;
	}
	ck_assert_uint_eq(sum.blocks, w->heap.totals.live_blocks);
	ck_assert_uint_eq(sum.bytes, w->heap.totals.live_bytes);
}

static inline void world_fold(struct world *w)
{
	struct err err = { "" };

	world_classify(w);
	ck_assert_msg(!fold_leaks(&w->leaks, &w->classes, &err), "%s", err.text);
}

static inline void world_close(struct world *w)
{
	leak_set_free(&w->leaks);
	classes_free(&w->classes);
	graph_free(&w->graph);
	heap_free(&w->heap);
	for (size_t i = 0; i < w->snapshot.nmappings; i++)
		free(w->words[i]);
	free(w->events);
}

static inline uint32_t world_index(const struct world *w, uint64_t addr)
{
	uint32_t i = heap_find(&w->heap, addr);

	ck_assert_uint_ne(i, NO_BLOCK);
	return i;
}

static inline enum leak_class world_class(const struct world *w, uint64_t addr)
{
	return w->classes.of[world_index(w, addr)];
}

#endif
