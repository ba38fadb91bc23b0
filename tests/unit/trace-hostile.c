/* trace-hostile: no payload, whatever it says, does worse than say so, and what is no trace is refused. */
#include "trace-sample.h"

#include <sys/stat.h>

START_TEST(a_hostile_count_is_refused)
{
	static const enum lg_chunk_kind kinds[] = { LG_CHUNK_MODULES, LG_CHUNK_STACKS,	 LG_CHUNK_EVENTS,
						    LG_CHUNK_THREADS, LG_CHUNK_MAPPINGS, LG_CHUNK_MEMORY,
						    LG_CHUNK_UNREAD,  LG_CHUNK_HELD,	 LG_CHUNK_MARKS,
						    LG_CHUNK_TOLD };
	struct buf b = { 0 };

	if (kinds[_i] == LG_CHUNK_STACKS)
		buf_varint(&b, 1);
	buf_varint(&b, 1ULL << 61);
	for (unsigned i = 0; i < 64; i++)
		buf_varint(&b, 1);
	write_odd(kinds[_i], &b);
	assert_damage_says("chunk ");
}
END_TEST

static void refuse(enum lg_chunk_kind kind, struct buf *b, const char *why)
{
	write_odd(kind, b);
	assert_damage_says(why);
}

START_TEST(hostile_fields_are_refused)
{
	struct buf b = { 0 };
	struct trace_module m = { .id = 0, .end = 1 };

	put_modules(&b, &m, 1), refuse(LG_CHUNK_MODULES, &b, "no sound module");
	m.id = 65536;
	put_modules(&b, &m, 1), refuse(LG_CHUNK_MODULES, &b, "no module number");
	m.id = 1, m.start = 2;
	put_modules(&b, &m, 1), refuse(LG_CHUNK_MODULES, &b, "no sound module");
	m.start = 0;
	put_modules(&b, (struct trace_module[]){ m, m }, 2);
	refuse(LG_CHUNK_MODULES, &b, "no module with a number of its own");
	buf_put(&b, "\1\1\0\1\0\0\41", 7), buf_put(&b, "0123456789012345678901234567890123456789", 40);
	refuse(LG_CHUNK_MODULES, &b, "no build-id of 32 bytes");
	put_stacks(&b, 0, nodes, 1), refuse(LG_CHUNK_STACKS, &b, "no stack node in range");
	put_stacks(&b, LG_NODES - 1, nodes, 2), refuse(LG_CHUNK_STACKS, &b, "no stack node in range");
	put_mappings(&b, &(struct trace_mapping){ .start = 8, .end = 8 }, 1);
	refuse(LG_CHUNK_MAPPINGS, &b, "no mapping that ends");
	put_unread(&b, &(struct trace_unread){ 9, 8, 1 }, 1), refuse(LG_CHUNK_UNREAD, &b, "no unread range");
	put_snapshot_end(&b, &(struct trace_snapshot){ .id = 2 });
	refuse(LG_CHUNK_SNAPSHOT_END, &b, "no snapshot of the number that ends here");
	put_process(&b, &process), refuse(LG_CHUNK_PROCESS, &b, "no place for a second process");
}
END_TEST

static void put_range(struct buf *b, const struct trace_memory *range)
{
	buf_varint(b, 1);
	buf_varint(b, range->start);
	buf_varint(b, range->bytes);
}

START_TEST(memory_comes_back_word_for_word)
{
	uint64_t seed = 1, words[1000];
	struct trace_memory range = { 0x1000, 8 * (uint64_t)(_i + 1), NULL };
	struct buf b = { 0 };

	for (int i = 0; i <= _i; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		words[i] = seed >> 60 < 6 ? 0 : seed >> (seed >> 58); /* of all widths */
	}
	put_memory(&b, &range, 1, words);
	write_odd(LG_CHUNK_MEMORY, &b);
	struct trace t = open_good();
	ck_assert_str_eq(t.damage, "");
	ck_assert_mem_eq(t.snapshots[0].memory[0].words, words, range.bytes);
	trace_close(&t);
}
END_TEST

/* Three words: their bits, and what follows. */
static const struct {
	unsigned char bytes[16];
	size_t n;
} bad_words[] = {
	{ { 8, 0, 1, 2, 3, 4 }, 6 }, /* a fourth word */
	{ { 1, 2, 1, 2, 3, 4, 5, 6, 7, 8 }, 10 }, /* an upper half of a word that is 0 */
	{ { 7, 0, 1, 2, 3, 4, 5, 6, 7, 8 }, 10 }, /* a lower half too few */
	{ { 1, 1, 1, 2, 3, 4, 5, 6 }, 8 }, /* half an upper half */
	{ { 7 }, 1 },
	{ { 0 }, 0 },
};

START_TEST(hostile_words_are_refused)
{
	struct trace_memory range = { 0x1000, 24, NULL };
	struct buf b = { 0 };

	put_range(&b, &range);
	buf_put(&b, bad_words[_i].bytes, bad_words[_i].n);
	write_odd(LG_CHUNK_MEMORY, &b);
	struct trace t = open_good();
	ck_assert_ptr_nonnull(strstr(t.damage, "memory's"));
	ck_assert_uint_eq(t.snapshots[0].nmemory, 0);
	trace_close(&t);
}
END_TEST

START_TEST(hostile_memory_ranges_are_refused)
{
	static const struct trace_memory bad[] = {
		{ 4, 8, NULL },
		{ 8, 4, NULL },
		{ 8, 0, NULL },
		{ 8, 800, NULL },
		{ UINT64_MAX - 7, 16, NULL },
		{ 8, UINT64_MAX - 7, NULL },
	};
	struct buf b = { 0 };

	put_range(&b, &bad[_i]);
	buf_put(&b, (char[2]){ 0 }, 2);
	write_odd(LG_CHUNK_MEMORY, &b);
	struct trace t = open_good();
	ck_assert_ptr_nonnull(strstr(t.damage, "chunk 4 at byte"));
	ck_assert_uint_eq(t.snapshots[0].nmemory, 0);
	trace_close(&t);
}
END_TEST

START_TEST(memory_beyond_what_is_mapped_is_refused)
{
	struct trace_memory range = { 0x10000, 0x7000 + 8 * (uint64_t)_i,
				      NULL }; /* as much as the sample maps */
	uint64_t *zeros = calloc(1, range.bytes);
	struct buf b = { 0 };

	put_memory(&b, &range, 1, zeros);
	write_odd(LG_CHUNK_MEMORY, &b);
	struct trace t = open_good();
	ck_assert_uint_eq(t.snapshots[0].nmemory, !_i);
	ck_assert_int_eq(!!strstr(t.damage, "no room for so much memory"), _i);
	trace_close(&t);
	free(zeros);
}
END_TEST

START_TEST(a_payload_that_does_not_decompress_is_damage)
{
	struct buf b = { 0 };
	struct trace_writer *w = start();

	put_the_process(w);
	put_the_nodes(w);
	buf_put(&b, (char[4096]){ 1 }, 4096); /* compresses well, and is no snapshot of anybody */
	put(w, LG_CHUNK_MODULES, &b);
	put_the_end(w);
	finish(w);
	assert_damage_says("chunk 2 at byte");
}
END_TEST

START_TEST(loops_of_nodes_are_cut)
{
	/* 1 -> 1; 2 -> 3 -> 4 -> 2; 5 -> 4; 6 -> 0 */
	static const struct trace_node loops[] = {
		{ 1, 1 }, { 2, 3 }, { 3, 4 }, { 4, 2 }, { 5, 4 }, { 6, 0 }
	};
	struct buf b = { 0 };

	put_stacks(&b, 1, loops, 6);
	write_odd(LG_CHUNK_STACKS, &b);
	struct trace t = open_good();
	ck_assert_str_eq(t.damage, "2 chains of stack nodes loop");
	use(&t);
	ck_assert_uint_eq(t.nodes[1].parent, 0);
	ck_assert_uint_eq(t.nodes[2].parent, 3);
	ck_assert_uint_eq(t.nodes[3].parent, 4);
	ck_assert_uint_eq(t.nodes[4].parent, 0);
	ck_assert_uint_eq(t.nodes[5].parent, 4);
	trace_close(&t);
}
END_TEST

START_TEST(a_parent_beyond_the_table_is_cut)
{
	static const struct trace_node astray[] = {
		{ 5, 1000 }, { 6, LG_NODES }, { 7, UINT32_MAX }, { 8, 1 }
	};
	struct buf b = { 0 };

	put_stacks(&b, 5, astray, 4);
	write_odd(LG_CHUNK_STACKS, &b);
	struct trace t = open_good();
	ck_assert_str_eq(t.damage, "3 stack nodes have lost their parent");
	for (uint32_t i = 5; i < 8; i++)
		ck_assert_uint_eq(t.nodes[i].parent, 0);
	ck_assert_uint_eq(t.nodes[8].parent, 1);
	trace_close(&t);
}
END_TEST

START_TEST(long_chains_need_no_stack)
{
	enum { N = 1 << 19 };
	struct trace_node *chain = calloc(N, sizeof *chain);
	struct buf b = { 0 };

	for (uint32_t i = 0; i < N; i++) /* backwards, so that the first walk is as long as the chain */
		chain[i] = (struct trace_node){ i, i + 2 < N ? i + 2 : 0 };
	put_stacks(&b, 1, chain, N);
	write_odd(LG_CHUNK_STACKS, &b);
	struct trace t = open_whole();
	ck_assert_uint_eq(t.nnodes, N + 1);
	trace_close(&t);
	free(chain);
}
END_TEST

START_TEST(overlaps_are_dropped)
{
	struct buf b = { 0 };
	struct trace_mapping two[] = { { .start = 0x1000, .end = 0x3000 },
				       { .start = 0x2000, .end = 0x4000 } };
	struct trace_memory ranges[] = { { 0x1000, 16, NULL }, { 0x1008, 16, NULL } };

	put_mappings(&b, two, 2), write_odd(LG_CHUNK_MAPPINGS, &b);
	assert_damage_says("1 mappings overlap others");
	put_memory(&b, ranges, 2, (uint64_t[4]){ 0 }), write_odd(LG_CHUNK_MEMORY, &b);
	assert_damage_says("1 ranges of memory overlap others");
}
END_TEST

START_TEST(suspects_come_back_as_they_were)
{
	const struct trace_suspect suspects[] = { { 2, 0x7fff00001008, 40, 3, 0, 0, 0 },
						  { 5, 0x10, 0, 4, 2, 5, 6 } };
	struct buf b = { 0 };

	put_suspects(&b, suspects, 2);
	write_odd(LG_CHUNK_SUSPECTS, &b);
	struct trace t = open_whole();
	ck_assert_uint_eq(t.nsuspects, 2);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_uint_eq(t.suspects[i].event, suspects[i].event);
		ck_assert_uint_eq(t.suspects[i].addr, suspects[i].addr);
		ck_assert_uint_eq(t.suspects[i].size, suspects[i].size);
		ck_assert_uint_eq(t.suspects[i].stack, suspects[i].stack);
		ck_assert_uint_eq(t.suspects[i].before, suspects[i].before);
		ck_assert_uint_eq(t.suspects[i].align, suspects[i].align);
		ck_assert_uint_eq(t.suspects[i].block_align, suspects[i].block_align);
	}
	trace_close(&t);
}
END_TEST

START_TEST(names_of_python_code_come_back_as_they_were)
{
	const struct trace_python_code codes[] = { { 7, (char[]){ "app.py" }, (char[]){ "Node.__init__" } },
						   { LG_PYTHON_CODES - 1, (char[]){ "" }, (char[]){ "" } } };
	struct buf b = { 0 };

	put_python_codes(&b, codes, 2);
	write_odd(LG_CHUNK_PYTHON, &b);
	struct trace t = open_whole();
	ck_assert_uint_eq(t.npython_codes, 2);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_uint_eq(t.python_codes[i].id, codes[i].id);
		ck_assert_str_eq(t.python_codes[i].file, codes[i].file);
		ck_assert_str_eq(t.python_codes[i].name, codes[i].name);
	}
	trace_close(&t);
}
END_TEST

START_TEST(marks_come_back_as_they_were)
{
	const struct trace_mark marks[] = { { 0, 7, 1, (char[]){ "warmed up" } },
					    { 3, 9, 2, (char[]){ "" } } };
	struct buf b = { 0 };

	put_marks(&b, marks, 2);
	write_odd(LG_CHUNK_MARKS, &b);
	struct trace t = open_whole();
	ck_assert_uint_eq(t.nmarks, 2);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_uint_eq(t.marks[i].events, marks[i].events);
		ck_assert_uint_eq(t.marks[i].key, marks[i].key);
		ck_assert_uint_eq(t.marks[i].thread, marks[i].thread);
		ck_assert_str_eq(t.marks[i].name, marks[i].name);
	}
	trace_close(&t);
}
END_TEST

START_TEST(what_was_told_comes_back_as_it_was)
{
	const struct trace_told told[] = {
		{ 0, 7, 0x5010, 0, 1, LG_TOLD_TYPE, 0, (char[]){ "struct x" }, 0 },
		{ 0, 9, UINT64_MAX, UINT64_MAX, 2, LG_TOLD_ROOT, 0, (char[]){ "" }, 0 },
		{ 6, 9, 0, 0, 2, 4711, 77, (char[]){ "of a later version" }, 0 },
	};
	struct buf b = { 0 };

	put_told(&b, told, 3);
	write_odd(LG_CHUNK_TOLD, &b);
	struct trace t = open_whole();
	ck_assert_uint_eq(t.ntold, 3);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_uint_eq(t.told[i].events, told[i].events);
		ck_assert_uint_eq(t.told[i].key, told[i].key);
		ck_assert_uint_eq(t.told[i].addr, told[i].addr);
		ck_assert_uint_eq(t.told[i].bytes, told[i].bytes);
		ck_assert_uint_eq(t.told[i].thread, told[i].thread);
		ck_assert_uint_eq(t.told[i].what, told[i].what);
		ck_assert_uint_eq(t.told[i].stack, told[i].stack);
		ck_assert_str_eq(t.told[i].name, told[i].name);
	}
	trace_close(&t);
}
END_TEST

static struct trace open_odd(enum lg_chunk_kind kind, struct buf *b, const char *why)
{
	write_odd(kind, b);
	struct trace t = open_good();
	ck_assert_msg(strstr(t.damage, why), "damage is '%s', not '%s'", t.damage, why);
	return t;
}

START_TEST(lists_end_where_they_are_out_of_order)
{
	char empty[] = "";
	struct buf b = { 0 };
	struct trace t;

	put_suspects(&b, (struct trace_suspect[]){ { .event = 5, .addr = 16 }, { .event = 5, .addr = 32 } },
		     2);
	t = open_odd(LG_CHUNK_SUSPECTS, &b, "suspect in order");
	ck_assert_uint_eq(t.nsuspects, 1);
	trace_close(&t);
	put_marks(&b, (struct trace_mark[]){ { .events = 5, .name = empty }, { .events = 4, .name = empty } },
		  2);
	t = open_odd(LG_CHUNK_MARKS, &b, "mark in order");
	ck_assert_uint_eq(t.nmarks, 1);
	trace_close(&t);
	put_told(&b, (struct trace_told[]){ { .events = 5, .name = empty }, { .events = 4, .name = empty } },
		 2);
	t = open_odd(LG_CHUNK_TOLD, &b, "word in order");
	ck_assert_uint_eq(t.ntold, 1);
	trace_close(&t);
	put_python_codes(&b, &(struct trace_python_code){ LG_PYTHON_CODES, empty, empty }, 1);
	t = open_odd(LG_CHUNK_PYTHON, &b, "number of Python code");
	ck_assert_uint_eq(t.npython_codes, 0);
	trace_close(&t);
}
END_TEST

START_TEST(an_unknown_kind_is_skipped)
{
	struct buf b = { 0 };

	buf_put(&b, "from the future", 15);
	write_odd((enum lg_chunk_kind)(_i ? 4711 : LG_CHUNK_KINDS), &b);
	struct trace t = open_whole();
	ck_assert(t.end.present);
	ck_assert_uint_eq(t.nnodes, 5);
	trace_close(&t);
}
END_TEST

/* ---- what is no trace --------------------------------------------------------------------------------- */

static void assert_refused(const char *why)
{
	struct trace t;
	struct err err = { 0 };

	ck_assert_int_eq(trace_open(&t, path, &err), -1);
	ck_assert_msg(strstr(err.text, why), "error is '%s', not '%s'", err.text, why);
	ck_assert(strncmp(err.text, path, strlen(path)) == 0);
	trace_close(&t); /* safe on what was not opened */
}

START_TEST(what_is_no_trace_is_refused)
{
	struct lg_file_header h = { LG_TRACE_MAGIC, LG_TRACE_VERSION, 0 };

	assert_refused("cannot open: No such file");
	spill("", 0);
	assert_refused("not a leakgraph trace (no LGTRACE header)");
	spill("\177ELF, say, and more of it", 24);
	assert_refused("not a leakgraph trace (no LGTRACE header)");
	spill(&h, sizeof h);
	assert_refused("no process is described");
	h.version = LG_TRACE_VERSION + 1;
	spill(&h, sizeof h);
	assert_refused("use a newer leakgraph");
	h.version = 1;
	spill(&h, sizeof h);
	assert_refused("use the leakgraph that wrote it");
	h.version = 0;
	spill(&h, sizeof h);
	assert_refused("header is damaged");
	unlink(path);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	assert_refused("not a regular file");
	rmdir(path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	assert_refused("not a regular file"); /* and does not wait for a writer */
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, a_hostile_count_is_refused, 0, 10);
	tcase_add_test(tc, hostile_fields_are_refused);
	tcase_add_loop_test(tc, hostile_memory_ranges_are_refused, 0, 6);
	tcase_add_loop_test(tc, memory_comes_back_word_for_word, 0, 40);
	tcase_add_loop_test(tc, memory_beyond_what_is_mapped_is_refused, 0, 2);
	tcase_add_loop_test(tc, hostile_words_are_refused, 0, COUNT(bad_words));
	tcase_add_test(tc, a_payload_that_does_not_decompress_is_damage);
	tcase_add_test(tc, loops_of_nodes_are_cut);
	tcase_add_test(tc, a_parent_beyond_the_table_is_cut);
	tcase_add_test(tc, long_chains_need_no_stack);
	tcase_add_test(tc, overlaps_are_dropped);
	tcase_add_test(tc, suspects_come_back_as_they_were);
	tcase_add_test(tc, names_of_python_code_come_back_as_they_were);
	tcase_add_test(tc, marks_come_back_as_they_were);
	tcase_add_test(tc, what_was_told_comes_back_as_it_was);
	tcase_add_test(tc, lists_end_where_they_are_out_of_order);
	tcase_add_loop_test(tc, an_unknown_kind_is_skipped, 0, 2);
	tcase_add_test(tc, what_is_no_trace_is_refused);
}

int main(void)
{
	return sample_suite_run("trace-hostile", add_tests);
}
