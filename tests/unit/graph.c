/* graph.c: what is a root and what is not, and what the scan finds in them. */
#include "world.h"

static struct world w;

#define ck_class(addr, class) ck_assert_str_eq(leak_class_name(world_class(&w, addr)), leak_class_name(class))

static struct trace_thread *add_thread(uint32_t tid, uint32_t number, uint32_t flags, uint64_t fs_base,
				       uint64_t sp)
{
	struct trace_thread *t = &w.threads[w.snapshot.nthreads++];

	*t = (struct trace_thread){
		.tid = tid, .number = number, .flags = flags, .fs_base = fs_base, .nregs = LG_REGS
	};
	t->regs[LG_REG_RSP] = sp;
	return t;
}

static void add_module(uint32_t id, uint64_t start, uint64_t end, const char *path)
{
	w.modules[w.trace.nmodules++] =
	    (struct trace_module){ .id = id, .start = start, .end = end, .path = (char *)path };
}

/* The root kinds that hold a block, as bits. */
static unsigned held_by(uint64_t addr)
{
	unsigned kinds = 0;

	for (uint64_t i = 0; i < w.graph.nroot_refs; i++)
		if (w.graph.root_refs[i].to == world_index(&w, addr))
			kinds |= 1u << w.graph.regions[w.graph.root_refs[i].region].kind;
	return kinds;
}

#define STACK 0x7ffc00000000ULL
#define THREAD_STACK 0x7f0000000000ULL
#define THREAD_FS (THREAD_STACK + 0x10000 - 2304 - 64)

START_TEST(references_have_offset_and_kind)
{
	world_open(&w);
	uint64_t a = world_block(&w, 40, 1), b = world_block(&w, 40, 1);
	world_set(&w, a, b);
	world_set(&w, a + 16, b + 24);
	world_set(&w, a + 24, b + 40);
	world_set(&w, a + 32, b + 41); /* beyond */
	world_set(&w, b + 8, 12345);
	world_graph(&w);
	uint32_t i = world_index(&w, a);
	const struct ref *r = &w.graph.refs[w.graph.first[i]];
	ck_assert_uint_eq(w.graph.first[i + 1] - w.graph.first[i], 3);
	ck_assert_uint_eq(ref_offset(r[0]), 0);
	ck_assert_int_eq(ref_kind(r[0]), REF_START);
	ck_assert_uint_eq(ref_offset(r[1]), 16);
	ck_assert_int_eq(ref_kind(r[1]), REF_INTERIOR);
	ck_assert_uint_eq(ref_offset(r[2]), 24);
	ck_assert_int_eq(ref_kind(r[2]), REF_PAST_END);
	ck_assert_uint_eq(r[2].to, world_index(&w, b));
	ck_assert_uint_eq(w.graph.first[w.heap.nblocks], 3);
	world_close(&w);
}
END_TEST

START_TEST(only_requested_bytes_are_scanned)
{
	world_open(&w);
	uint64_t a = world_block(&w, 20, 1), b = world_block(&w, 24, 1);
	world_set(&w, a + 16, b); /* the last word is only half the program's */
	world_set(&w, a + 24, b);
	world_graph(&w);
	ck_assert_uint_eq(w.graph.first[w.heap.nblocks], 0);
	world_close(&w);
}
END_TEST

START_TEST(large_blocks_are_found_from_anywhere_inside)
{
	const uint64_t huge = 0x600000000000ULL, bytes = (5ULL << 30) + 12345;

	world_open(&w);
	uint64_t small = world_block(&w, 24, 1);
	world_alloc(&w, huge, bytes, 1);
	world_alloc(&w, huge + (8ULL << 30), 1 << 20, 1);
	const uint64_t inside[] = { 8,	       4096, 1 << 18, (1 << 18) - 1, 1 << 30, (1ULL << 32) + 77,
				    bytes - 1, bytes };
	for (size_t i = 0; i < 8; i++)
		world_root(&w, huge + inside[i]);
	world_root(&w, huge + bytes + 8);
	world_root(&w, huge + (8ULL << 30) + 4096);
	world_root(&w, small);
	world_graph(&w);
	ck_assert_uint_eq(w.graph.nroot_refs, 10);
	for (size_t i = 0; i < 8; i++)
		ck_assert_uint_eq(w.graph.root_refs[i].to, world_index(&w, huge));
	ck_assert_int_eq(w.graph.root_refs[7].kind, REF_PAST_END);
	ck_assert_uint_gt(w.graph.unread_block_bytes, 5ULL << 30); /* the snapshot holds none of it */
	world_close(&w);
}
END_TEST

START_TEST(words_beyond_all_blocks_point_nowhere)
{
	static const uint64_t far[] = { 8, 0x7f0000000000 - 8, 0x7f8000000000, LG_ADDRESS_BITS - 7,
					UINT64_MAX - 7 };

	world_open_at(&w, 0x7f0000000000, 1 << 20);
	world_block(&w, 24, 1);
	for (size_t i = 0; i < sizeof far / sizeof *far; i++)
		world_root(&w, far[i]);
	world_graph(&w);
	ck_assert_uint_eq(w.graph.nroot_refs, 0);
	world_close(&w);
}
END_TEST

/* The index against plain search, at every byte around blocks of random sizes. */
START_TEST(index_agrees_with_plain_search)
{
	uint64_t seed = (uint64_t)_i * 77 + 5, at = 0x10000000;

	world_open(&w);
	for (int i = 0; i < 60; i++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		uint64_t size = seed >> 60 ? (seed >> 40) % 100 : (seed >> 36) % 5000;
		at = (at + (seed >> 20) % 600 + 7) & ~7ULL;
		world_alloc(&w, at, size, 1);
		at += size ? size : 1;
	}
	for (uint64_t i = 0; i < 400; i++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		world_root(&w, 0x10000000 + (seed >> 33) % (at - 0x10000000));
	}
	world_graph(&w);
	uint64_t k = 0;
	for (uint64_t i = 0; i < 400; i++) {
		uint64_t v = *world_word(&w, w.globals + 8 * i);
		uint32_t in = heap_find(&w.heap, v), before = heap_find(&w.heap, v - 1);
		uint32_t want = in != NO_BLOCK ? in : before;
		if (in == NO_BLOCK &&
		    (want == NO_BLOCK || w.heap.blocks[want].addr + w.heap.blocks[want].size != v))
			continue;
		ck_assert_uint_lt(k, w.graph.nroot_refs);
		ck_assert_uint_eq(w.graph.root_refs[k].at, w.globals + 8 * i);
		ck_assert_uint_eq(w.graph.root_refs[k++].to, want);
	}
	ck_assert_uint_eq(k, w.graph.nroot_refs);
	world_close(&w);
}
END_TEST

START_TEST(writable_data_of_modules_are_globals)
{
	world_open(&w);
	uint64_t a = world_block(&w, 24, 1), b = world_block(&w, 24, 1), c = world_block(&w, 24, 1);
	add_module(3, 0x7f1000000000, 0x7f1000005000, "/lib/libx.so.1");
	world_map(&w, 0x7f1000000000, 0x2000, PROT_READ | PROT_EXEC, 0, "/lib/libx.so.1.2");
	world_map(&w, 0x7f1000002000, 0x1000, PROT_READ, 0, "/lib/libx.so.1.2");
	world_map(&w, 0x7f1000003000, 0x1000, WORLD_RW, 0, "/lib/libx.so.1.2");
	world_map(&w, 0x7f1000004000, 0x3000, WORLD_RW, 0, ""); /* .bss, merged with something else */
	world_set(&w, 0x7f1000002008, a);
	world_set(&w, 0x7f1000003008, b);
	world_set(&w, 0x7f1000004008, c);
	world_set(&w, 0x7f1000005008, a);
	world_set(&w, 0x7f1000000008, b); /* text holds nothing */
	world_graph(&w);
	ck_assert_uint_eq(held_by(a), 1u << ROOT_RELRO | 1u << ROOT_MAPPING);
	ck_assert_uint_eq(held_by(b), 1u << ROOT_GLOBAL);
	ck_assert_uint_eq(held_by(c), 1u << ROOT_GLOBAL);
	for (uint32_t i = 0; i < w.graph.nregions; i++)
		if (w.graph.regions[i].start == 0x7f1000003000)
			ck_assert_uint_eq(w.graph.regions[i].module, 3);
	world_close(&w);
}
END_TEST

START_TEST(unlisted_modules_and_unloaded_ones)
{
	world_open(&w);
	uint64_t a = world_block(&w, 24, 1), b = world_block(&w, 24, 1), c = world_block(&w, 24, 1);
	add_module(1, 0x7f2000000000, 0x7f2000002000,
		   "/lib/gone.so"); /* dlclosed; its place was mapped again */
	world_map(&w, 0x7f2000000000, 0x2000, WORLD_RW, 0, "");
	world_map(&w, 0x7f3000000000, 0x1000, WORLD_RW, 0, "/lib/unlisted.so");
	world_map(&w, 0x7f3000001000, 0x1000, WORLD_RW, 0, "");
	world_set(&w, 0x7f2000000000, a);
	world_set(&w, 0x7f3000000000, b);
	world_set(&w, 0x7f3000001000, c);
	world_graph(&w);
	ck_assert_uint_eq(held_by(a), 1u << ROOT_MAPPING);
	ck_assert_uint_eq(held_by(b), 1u << ROOT_GLOBAL);
	ck_assert_uint_eq(held_by(c), 1u << ROOT_GLOBAL);
	world_close(&w);
}
END_TEST

START_TEST(the_tool_and_the_loader_hold_nothing)
{
	world_open(&w);
	uint64_t a = world_block(&w, 24, 1);
	world_map(&w, 0x7f2000000000, 0x1000, WORLD_RW, 0, "/opt/liblgpreload.so");
	world_map(&w, 0x7f3000000000, 0x1000, WORLD_RW, 0, "/lib64/ld-linux-x86-64.so.2");
	world_map(&w, 0x7f4000000000, 0x1000, WORLD_RW, LG_MAPPING_SHIM, "");
	world_set(&w, 0x7f2000000000, a);
	world_set(&w, 0x7f3000000000, a);
	world_set(&w, 0x7f4000000000, a);
	world_graph(&w);
	ck_assert_uint_eq(held_by(a), 0);
	world_close(&w);
}
END_TEST

START_TEST(blocks_of_the_loader_are_held_and_scanned)
{
	world_open(&w);
	add_module(9, 0x7f3000000000, 0x7f3000030000, "/lib64/ld-linux-x86-64.so.2");
	w.nodes[5] = (struct trace_node){ 9ULL << LG_FRAME_MODULE_SHIFT | 0x1234, 0 };
	w.nodes[6] = (struct trace_node){ 1ULL << LG_FRAME_MODULE_SHIFT | 0x1234, 5 };
	uint64_t dtv = world_block(&w, 272, 5), tls = world_block(&w, 64, 1), other = world_block(&w, 24, 6);
	world_set(&w, dtv + 16, tls);
	world_classify(&w);
	ck_assert_uint_eq(held_by(dtv), 1u << ROOT_LOADER);
	ck_assert_uint_eq(w.graph.root_refs[0].at, dtv);
	ck_class(tls, CLASS_REACHABLE);
	ck_class(other, CLASS_DIRECT); /* the loader called the program */
	world_close(&w);
}
END_TEST

START_TEST(main_stack_counts_from_the_red_zone_up)
{
	world_open(&w);
	uint64_t live = world_block(&w, 24, 1), red = world_block(&w, 24, 1), dead = world_block(&w, 24, 1);
	world_map(&w, STACK, 0x4000, WORLD_RW, 0, "[stack]");
	add_thread(100, 1, LG_THREAD_STOPPED, 0, STACK + 0x2000);
	world_set(&w, STACK + 0x3ff8, live);
	world_set(&w, STACK + 0x2000 - 128, red);
	world_set(&w, STACK + 0x2000 - 136, dead);
	world_classify(&w);
	ck_assert_uint_eq(held_by(live), 1u << ROOT_STACK);
	ck_assert_uint_eq(held_by(red), 1u << ROOT_STACK);
	ck_class(dead, CLASS_DIRECT);
	world_close(&w);
}
END_TEST

START_TEST(stack_of_a_main_thread_that_is_gone_is_dead)
{
	world_open(&w);
	uint64_t a = world_block(&w, 24, 1);
	world_map(&w, STACK, 0x4000, WORLD_RW, 0, "[stack]");
	world_set(&w, STACK + 0x3ff8, a);
	world_classify(&w);
	ck_class(a, CLASS_DIRECT);
	world_close(&w);
}
END_TEST

START_TEST(thread_stack_tls_and_tsd_are_told_apart)
{
	world_open(&w);
	uint64_t stack = world_block(&w, 24, 1), tls = world_block(&w, 24, 1), tsd = world_block(&w, 24, 1);
	uint64_t dead = world_block(&w, 24, 1), above = world_block(&w, 24, 1);
	world_map(&w, THREAD_STACK, 0x12000, WORLD_RW, 0, ""); /* merged with a mapping above */
	add_thread(101, 2, LG_THREAD_STOPPED, THREAD_FS, THREAD_STACK + 0x8000);
	world_set(&w, THREAD_STACK + 0x8100, stack);
	world_set(&w, THREAD_FS - 64, tls);
	world_set(&w, THREAD_FS + 0x310, tsd);
	world_set(&w, THREAD_STACK + 0x4000, dead);
	world_set(&w, THREAD_STACK + 0x11000, above);
	world_classify(&w);
	ck_assert_uint_eq(held_by(stack), 1u << ROOT_STACK);
	ck_assert_uint_eq(held_by(tls), 1u << ROOT_TLS);
	ck_assert_uint_eq(held_by(tsd), 1u << ROOT_TSD);
	ck_class(dead, CLASS_DIRECT);
	ck_assert_uint_eq(held_by(above), 1u << ROOT_MAPPING);
	ck_assert_uint_eq(w.graph.regions[w.graph.root_refs[0].region].thread, 2);
	world_close(&w);
}
END_TEST

START_TEST(main_tls_lies_in_a_mapping_of_its_own)
{
	world_open(&w);
	uint64_t tls = world_block(&w, 24, 1), tsd = world_block(&w, 24, 1), rest = world_block(&w, 24, 1);
	world_map(&w, 0x7f5000000000, 0x3000, WORLD_RW, 0, "");
	add_thread(100, 0, LG_THREAD_STOPPED, 0x7f5000001740, STACK);
	world_set(&w, 0x7f5000001738, tls);
	world_set(&w, 0x7f5000001740 + 0x310, tsd);
	world_set(&w, 0x7f5000002800, rest);
	world_graph(&w);
	ck_assert_uint_eq(held_by(tls), 1u << ROOT_TLS);
	ck_assert_uint_eq(held_by(tsd), 1u << ROOT_TSD);
	ck_assert_uint_eq(held_by(rest), 1u << ROOT_MAPPING);
	world_close(&w);
}
END_TEST

START_TEST(registers_count_and_at_exit_only_saved_ones)
{
	uint64_t vector[2];

	world_open(&w);
	uint64_t rax = world_block(&w, 24, 1), xmm = world_block(&w, 24, 1), rbx = world_block(&w, 24, 1);
	uint64_t rdi = world_block(&w, 24, 1);
	struct trace_thread *t = add_thread(101, 0, LG_THREAD_STOPPED, 0, STACK);
	t->regs[LG_REG_RAX] = rax;
	vector[0] = 0;
	vector[1] = xmm;
	t->nvector = 2;
	t->vector = vector;
	t = add_thread(102, 0, LG_THREAD_AT_EXIT | LG_THREAD_STOPPED, 0, STACK);
	t->regs[LG_REG_RBX] = rbx;
	t->regs[LG_REG_RDI] = rdi;
	world_classify(&w);
	ck_assert_uint_eq(held_by(rax), 1u << ROOT_REGISTER);
	ck_assert_uint_eq(held_by(xmm), 1u << ROOT_REGISTER);
	ck_assert_uint_eq(held_by(rbx), 1u << ROOT_REGISTER);
	ck_class(rdi, CLASS_DIRECT);
	ck_assert_uint_eq(w.graph.root_refs[1].at, 8 * (LG_REGS + 1));
	ck_assert_uint_eq(w.graph.regions[w.graph.root_refs[1].region].thread, 101);
	world_close(&w);
}
END_TEST

/* In a container ids are as small as numbers. */
START_TEST(a_number_may_be_another_threads_id)
{
	world_open(&w);
	uint64_t a = world_block(&w, 24, 1), b = world_block(&w, 24, 1);
	add_thread(12, 7, LG_THREAD_STOPPED, 0, STACK)->regs[LG_REG_RAX] = a;
	add_thread(7, 0, LG_THREAD_STOPPED, 0, STACK)->regs[LG_REG_RAX] = b;
	world_classify(&w);
	ck_class(a, CLASS_REACHABLE);
	ck_class(b, CLASS_REACHABLE);
	world_close(&w);
}
END_TEST

START_TEST(stack_of_a_running_thread_holds_only_possibly)
{
	world_open(&w);
	uint64_t a = world_block(&w, 24, 1), tsd = world_block(&w, 24, 1);
	world_map(&w, THREAD_STACK, 0x10000, WORLD_RW, 0, "");
	add_thread(101, 2, 0, THREAD_FS, 0);
	world_set(&w, THREAD_STACK + 0x100, a);
	world_set(&w, THREAD_FS + 0x310, tsd);
	world_classify(&w);
	ck_assert_uint_eq(held_by(a), 1u << ROOT_STALE);
	ck_class(a, CLASS_POSSIBLE);
	ck_class(tsd, CLASS_REACHABLE);
	world_close(&w);
}
END_TEST

START_TEST(thread_on_another_stack_keeps_both)
{
	world_open(&w);
	uint64_t home = world_block(&w, 24, 1), other = world_block(&w, 24, 1),
		 coroutine = world_block(&w, 4096, 1);
	uint64_t below = world_block(&w, 24, 1);
	world_map(&w, STACK, 0x4000, WORLD_RW, 0, "[stack]");
	add_thread(100, 1, LG_THREAD_STOPPED, 0, coroutine + 2048);
	world_set(&w, STACK + 0x100, home);
	world_set(&w, coroutine + 3000, other);
	world_set(&w, coroutine + 8, below);
	world_classify(&w);
	ck_assert_uint_eq(held_by(home), 1u << ROOT_STACK);
	ck_assert_uint_eq(held_by(other), 1u << ROOT_STACK);
	ck_assert_uint_eq(held_by(coroutine), 1u << ROOT_REGISTER);
	ck_class(coroutine, CLASS_REACHABLE); /* a thread runs on it */
	ck_class(below, CLASS_REACHABLE);
	world_close(&w);
}
END_TEST

START_TEST(thread_stack_inside_a_block_is_a_root)
{
	world_open(&w);
	uint64_t a = world_block(&w, 24, 1), tsd = world_block(&w, 24, 1), stack = world_block(&w, 16384, 1);
	add_thread(101, 2, LG_THREAD_STOPPED, stack + 12000, stack + 4000);
	world_set(&w, stack + 5000, a);
	world_set(&w, stack + 12800, tsd);
	world_graph(&w);
	ck_assert_uint_eq(held_by(a), 1u << ROOT_STACK);
	ck_assert_uint_eq(held_by(tsd), 1u << ROOT_TSD);
	world_close(&w);
}
END_TEST

START_TEST(anonymous_and_shared_mappings_hold)
{
	world_open(&w);
	uint64_t a = world_block(&w, 24, 1), b = world_block(&w, 24, 1), c = world_block(&w, 24, 1);
	uint64_t closed = world_block(&w, 24, 1);
	world_map(&w, 0x7f5000000000, 0x1000, WORLD_RW, 0, "");
	world_map(&w, 0x7f5000010000, 0x1000, PROT_READ, 0, "[anon: pool]");
	world_map(&w, 0x7f5000020000, 0x1000, WORLD_RW, LG_MAPPING_SHARED, "/dev/shm/x");
	world_map(&w, 0x7f5000030000, 0x1000, PROT_NONE, 0, "");
	world_map(&w, 0x7f5000040000, 0x1000, PROT_READ, 0, "[vvar]");
	world_set(&w, 0x7f5000000000, a);
	world_set(&w, 0x7f5000010000, b);
	world_set(&w, 0x7f5000020000, c);
	world_set(&w, 0x7f5000030000, closed);
	world_set(&w, 0x7f5000040000, c);
	world_graph(&w);
	ck_assert_uint_eq(held_by(a), 1u << ROOT_MAPPING);
	ck_assert_uint_eq(held_by(b), 1u << ROOT_MAPPING);
	ck_assert_uint_eq(held_by(c), 1u << ROOT_SHARED);
	ck_assert_uint_eq(held_by(closed), 1u << ROOT_MAPPING); /* it may be made accessible again */
	world_close(&w);
}
END_TEST

START_TEST(free_heap_memory_holds_nothing)
{
	world_open(&w);
	uint64_t a = world_block(&w, 24, 1);
	world_set(&w, 0x10008000, a);
	world_classify(&w);
	ck_class(a, CLASS_DIRECT);
	world_close(&w);
}
END_TEST

/* A block with a mapping of its own, which the kernel has merged with others: its pages alone are the allocator's. Where
 * neither its size word nor its size tells that, all of the mapping may be. */
START_TEST(only_the_pages_of_a_mapped_block_are_the_allocators)
{
	static const struct {
		uint64_t size, word;
		uint64_t at; /* of the reference, in the mapping */
		bool is_root;
	} rows[] = {
		{ 0x1000, 0x2002, 0xff8, true },      { 0x1000, 0x2002, 0x1000, false },
		{ 0x1000, 0x2002, 0x2ff8, false },    { 0x1000, 0x2002, 0x3000, true },
		{ 0x20000, 0, 0xff8, true },	      { 0x20000, 0, 0x1000, false },
		{ 0x20000, 0, 0x21ff8, false },	      { 0x20000, 0, 0x22000, true },
		{ 0x1ffff, 0, 0xff8, false },	      { 0x1ffff, 0, 0x22000, false },
		{ 0x20000, 0x20011, 0x22000, false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const uint64_t mapping = 0x7f9001000000;
		struct world own;

		world_open(&own);
		uint64_t a = world_block(&own, 24, 1);
		world_map(&own, mapping, 0x30000, WORLD_RW, 0, "");
		world_alloc(&own, mapping + 0x1010, rows[i].size, 1);
		world_set(&own, mapping + 0x1008, rows[i].word);
		world_set(&own, mapping + rows[i].at, a);
		world_classify(&own);
		ck_assert_msg((world_class(&own, a) == CLASS_REACHABLE) == rows[i].is_root, "row %zu", i);
		world_close(&own);
	}
}
END_TEST

#define ARENA 0x7f8000000000ULL /* a multiple of 64 MiB */

START_TEST(arenas_of_glibc_are_its_own_even_when_empty)
{
	world_open(&w);
	uint64_t a = world_block(&w, 24, 1);
	world_map(&w, ARENA - 0x1000, 0x22000, WORLD_RW, 0, ""); /* merged with what lies before */
	world_map(&w, ARENA + 0x4000000, 0x21000, WORLD_RW, 0, "");
	world_set(&w, ARENA, ARENA + 0x30);
	world_set(&w, ARENA + 0x4000000, ARENA + 0x30); /* the arena's second heap, all of it freed */
	world_alloc(&w, ARENA + 0x1010, 24, 1);
	world_alloc(&w, ARENA + 0x4001010, 24, 1);
	world_event(&w, (struct trace_event){ .type = LG_EV_FREE, .addr = ARENA + 0x4001010 });
	world_set(&w, ARENA + 0x8000, a);
	world_set(&w, ARENA + 0x4008000, a);
	world_classify(&w);
	ck_class(a, CLASS_DIRECT);
	world_set(&w, ARENA - 0x800, a);
	graph_free(&w.graph);
	classes_free(&w.classes);
	heap_free(&w.heap);
	world_graph(&w);
	ck_assert_uint_eq(held_by(a), 1u << ROOT_MAPPING);
	world_close(&w);
}
END_TEST

START_TEST(mapped_chunks_own_their_pages_only)
{
	world_open(&w);
	uint64_t a = world_block(&w, 24, 1), b = world_block(&w, 24, 1);
	world_map(&w, 0x7f5000000000, 0x60000, WORLD_RW, 0, "");
	world_alloc(&w, 0x7f5000010010, 0x2f000, 1); /* 0x7f5000010000 .. 0x7f5000040000 */
	world_set(&w, 0x7f500003f018, a); /* behind the block, on its last page */
	world_set(&w, 0x7f5000050000, b);
	world_graph(&w);
	ck_assert_uint_eq(held_by(a), 0);
	ck_assert_uint_eq(held_by(b), 1u << ROOT_MAPPING);
	world_close(&w);
}
END_TEST

START_TEST(other_allocators_own_whole_mappings)
{
	world_open(&w);
	uint64_t a = world_block(&w, 24, 1);
	w.trace.process.allocator = (char *)"/lib/libjemalloc.so.2";
	world_map(&w, 0x7f5000000000, 0x60000, WORLD_RW, 0, "");
	world_alloc(&w, 0x7f5000010000, 64, 1);
	world_set(&w, 0x7f5000050000, a);
	world_graph(&w);
	ck_assert_uint_eq(held_by(a), 0);
	world_close(&w);
}
END_TEST

START_TEST(forked_child_inherits_what_is_not_its_own)
{
	world_open(&w);
	w.trace.process.flags = LG_PROCESS_FORKED;
	uint64_t mine = world_block(&w, 24, 1), child = world_block(&w, 24, 1), lost = world_block(&w, 24, 1);
	world_set(&w, 0x10008000, mine); /* in a block of the parent's */
	world_set(&w, mine, child);
	world_set(&w, lost, lost); /* its own contents hold nothing */
	world_classify(&w);
	ck_assert_uint_eq(held_by(mine), 1u << ROOT_INHERITED);
	ck_class(child, CLASS_REACHABLE);
	ck_class(lost, CLASS_CYCLE);
	ck_assert_uint_eq(held_by(lost), 0);
	world_close(&w);
}
END_TEST

START_TEST(bins_of_main_arena_hold_no_block)
{
	world_open(&w);
	uint64_t tail = world_block(&w, 20, 1), end = world_block(&w, 32, 1), real = world_block(&w, 64, 1);
	world_map(&w, 0x7f6000000000, 0x1000, WORLD_RW, 0, "/usr/lib/x86_64-linux-gnu/libc.so.6");
	world_set(&w, 0x7f6000000100, tail + 16); /* header of a free chunk right behind */
	world_set(&w, 0x7f6000000108, end + 32);
	world_set(&w, 0x7f6000000110, real + 16); /* deep inside: a true interior reference */
	world_root(&w, 0); /* the same words elsewhere count */
	world_graph(&w);
	ck_assert_uint_eq(held_by(tail), 0);
	ck_assert_uint_eq(held_by(end), 0);
	ck_assert_uint_eq(held_by(real), 1u << ROOT_GLOBAL);
	world_close(&w);
}
END_TEST

START_TEST(unread_bytes_of_blocks_are_counted)
{
	world_open(&w);
	world_map(&w, 0x7f5000000000, 0x4000, WORLD_RW, 0, "");
	world_alloc(&w, 0x7f5000000010, 0x3000, 1);
	world_alloc(&w, 0x20000000, 100, 1); /* in no mapping */
	struct trace_unread unread = { 0x7f5000001000, 0x7f5000002000, 5 };
	w.memory[2].bytes = 0x1000; /* the rest was absent, but for one page that failed */
	ck_assert_uint_eq(w.memory[2].start, 0x7f5000000000);
	w.snapshot.unread = &unread;
	w.snapshot.nunread = 1;
	world_graph(&w);
	ck_assert_uint_eq(w.graph.unread_block_bytes, 100 + 0x1000);
	world_close(&w);
}
END_TEST

START_TEST(without_a_snapshot_there_is_no_graph)
{
	struct err err = { "" };

	world_open(&w);
	world_block(&w, 24, 1);
	world_heap(&w);
	w.heap.snapshot = NULL;
	ck_assert_int_eq(graph_build(&w.graph, &w.heap, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "no snapshot"));
	world_close(&w);
}
END_TEST

START_TEST(empty_heap_has_an_empty_graph)
{
	world_open(&w);
	world_classify(&w);
	ck_assert_uint_eq(w.graph.nroot_refs, 0);
	world_close(&w);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		references_have_offset_and_kind,
		only_requested_bytes_are_scanned,
		large_blocks_are_found_from_anywhere_inside,
		words_beyond_all_blocks_point_nowhere,
		index_agrees_with_plain_search,
		writable_data_of_modules_are_globals,
		unlisted_modules_and_unloaded_ones,
		the_tool_and_the_loader_hold_nothing,
		blocks_of_the_loader_are_held_and_scanned,
		main_stack_counts_from_the_red_zone_up,
		stack_of_a_main_thread_that_is_gone_is_dead,
		thread_stack_tls_and_tsd_are_told_apart,
		main_tls_lies_in_a_mapping_of_its_own,
		a_number_may_be_another_threads_id,
		registers_count_and_at_exit_only_saved_ones,
		stack_of_a_running_thread_holds_only_possibly,
		thread_on_another_stack_keeps_both,
		thread_stack_inside_a_block_is_a_root,
		anonymous_and_shared_mappings_hold,
		free_heap_memory_holds_nothing,
		only_the_pages_of_a_mapped_block_are_the_allocators,
		arenas_of_glibc_are_its_own_even_when_empty,
		mapped_chunks_own_their_pages_only,
		other_allocators_own_whole_mappings,
		forked_child_inherits_what_is_not_its_own,
		bins_of_main_arena_hold_no_block,
		unread_bytes_of_blocks_are_counted,
		without_a_snapshot_there_is_no_graph,
		empty_heap_has_an_empty_graph,
	};
	return suite_run("graph", tests, sizeof tests / sizeof *tests);
}
