/* trace-events: events come back from their columns, and columns that are wrong drop their chunk. */
#include "trace-sample.h"

START_TEST(any_values_survive_the_columns)
{
	enum { N = LG_EVENTS_PER_CHUNK };
	struct trace_event *all = calloc(3 * N, sizeof *all);
	struct trace_writer *w = start();

	put_the_process(w);
	put_the_nodes(w);
	for (size_t i = 0; i < 3 * N; i++) {
		uint8_t type = (uint8_t)(1 + random_bits() % 5);
		bool full = type == LG_EV_ALLOC || type == LG_EV_RESIZE;
		bool pad = type == LG_EV_PAD;
		bool claims = !pad && type != LG_EV_RESIZE && random_bits() % 8 == 0;
		uint64_t claimed = claims ? random_bits() % 3 * 0x7fffffff : 0;
		all[i] = (struct trace_event){ random_bits(),
					       pad ? 0 : random_bits(),
					       full ? random_bits() : claimed,
					       (uint32_t)(random_bits() % 3),
					       full ? (uint32_t)(random_bits() % 5) : 0,
					       type,
					       (uint8_t)(pad ? 0 : random_bits() % 12),
					       claims ? (uint16_t)(random_bits() % 16) : 0 };
	}
	for (size_t i = 0; i < 3; i++) {
		struct buf b = { 0 };
		put_events(&b, all + i * N, N);
		put(w, LG_CHUNK_EVENTS, &b);
	}
	put_the_end(w);
	finish(w);
	struct trace t = open_whole();
	struct collected c = collect_all(&t);
	ck_assert_uint_eq(c.n, 3 * N);
	for (size_t i = 0; i < c.n; i++)
		assert_same_event(&c.events[i], &all[i]);
	free(c.events);
	free(all);
	trace_close(&t);
}
END_TEST

/* An allocator that reuses what was freed last, by size; freed in no order, by several threads, over many chunks. */
struct toy {
	struct trace_event *events;
	size_t n;
	struct {
		uint64_t addr, size;
	} live[5000];
	size_t nlive, nfreed[8];
	uint64_t freed[8][300], top, key;
};

static struct trace_event *toy_event(struct toy *toy, uint8_t type, uint8_t entry)
{
	struct trace_event *e = &toy->events[toy->n++];

	toy->key += random_bits() % 16 ? 0 : random_bits() % 5000;
	*e = (struct trace_event){ .key = toy->key,
				   .thread = (uint32_t)(1 + toy->n / 100 % 3 + toy->n / 10000 % 20),
				   .type = type,
				   .entry = entry };
	return e;
}

static void toy_alloc(struct toy *toy, uint8_t type)
{
	struct trace_event *e =
	    toy_event(toy, type, type == LG_EV_ALLOC ? LG_ENTRY_MALLOC : LG_ENTRY_REALLOC);
	uint64_t class = random_bits() % 8;

	e->size = class * 200 + (random_bits() % 4 ? 8 : random_bits() % 8);
	e->stack = (uint32_t)(toy->n / 20000 + random_bits() % 3) % 5;
	e->addr = toy->top;
	if (toy->nfreed[class] && random_bits() % 8)
		e->addr = toy->freed[class][--toy->nfreed[class]];
	else
		toy->top += 16 * (2 + class * 13);
	toy->live[toy->nlive].addr = e->addr;
	toy->live[toy->nlive++].size = class;
}

static void toy_free(struct toy *toy, uint8_t type)
{
	struct trace_event *e = toy_event(toy, type, type == LG_EV_FREE ? LG_ENTRY_FREE : LG_ENTRY_REALLOC);
	size_t i = random_bits() % 4 ? toy->nlive - 1 : random_bits() % toy->nlive, class = toy->live[i].size;

	e->addr = toy->live[i].addr;
	toy->live[i] = toy->live[--toy->nlive];
	if (toy->nfreed[class] < 300)
		toy->freed[class][toy->nfreed[class]++] = e->addr;
}

static void toy_step(struct toy *toy)
{
	uint64_t what = random_bits() % 64;

	if (what == 0)
		toy_event(toy, LG_EV_RESIZE, LG_ENTRY_REALLOC); /* that failed */
	else if (what == 1)
		toy_event(toy, LG_EV_FREE, LG_ENTRY_FREE)->addr =
		    0x7000000 + random_bits(); /* of another's */
	else if (toy->nlive == 5000 || (toy->nlive && what % 2))
		toy_free(toy, what < 6 ? LG_EV_RELEASE : LG_EV_FREE);
	else
		toy_alloc(toy, what < 6 ? LG_EV_RESIZE : LG_EV_ALLOC);
}

START_TEST(a_heap_survives_the_columns)
{
	enum { N = 400000 };
	static struct toy toy = { .top = 0x555555559010 };
	struct trace_writer *w = start();
	struct encoder *e = encoder_new(10);
	struct buf b = { 0 };

	toy.events = calloc(N, sizeof *toy.events);
	put_the_process(w);
	put_the_nodes(w);
	while (toy.n < N)
		toy_step(&toy);
	for (size_t i = 0; i < N;) {
		size_t n = random_bits() % 5000;
		i += encoder_add(e, toy.events + i, n < N - i ? n : N - i);
		if (encoder_count(e) < LG_EVENTS_PER_CHUNK && i < N)
			continue;
		encoder_put(e, &b);
		put(w, LG_CHUNK_EVENTS, &b);
	}
	put_the_end(w);
	finish(w);
	struct trace t = open_whole();
	struct collected c = collect_all(&t);
	ck_assert_uint_eq(c.n, N);
	for (size_t i = 0; i < N; i++) {
		toy.events[i].key &= ~1023ULL;
		assert_same_event(&c.events[i], &toy.events[i]);
	}
	free(c.events);
	free(toy.events);
	encoder_free(e);
	trace_close(&t);
}
END_TEST

START_TEST(a_chunk_is_full_at_its_limit)
{
	struct trace_event *many = calloc(LG_EVENTS_PER_CHUNK, sizeof *many);
	struct encoder *e = encoder_new(0);
	struct buf b = { 0 };

	ck_assert_uint_eq(encoder_add(e, many, 1), 1);
	ck_assert_uint_eq(encoder_add(e, many, LG_EVENTS_PER_CHUNK), LG_EVENTS_PER_CHUNK - 1);
	ck_assert_uint_eq(encoder_add(e, many, 1), 0);
	encoder_put(e, &b);
	ck_assert_uint_eq(encoder_count(e), 0);
	ck_assert_uint_eq(encoder_add(e, many, 1), 1);
	buf_free(&b);
	encoder_free(e);
	free(many);
}
END_TEST

START_TEST(streaming_stops_at_the_first_answer)
{
	struct collected c = { .stop_after = 1 };

	write_sample();
	struct trace t = open_whole();
	ck_assert_int_eq(trace_events(&t, collect, &c, NULL), 42);
	ck_assert_uint_eq(c.calls, 1);
	free(c.events);
	trace_close(&t);
}
END_TEST

START_TEST(what_is_no_event_is_written_as_padding)
{
	static const struct trace_event odd[] = { { 1, 8, 9, 1, 1, 0, 0, 0 },
						  { 2, 8, 9, 1, 1, 77, 1, 0 },
						  { 3, 8, 9, 1, 1, LG_EV_ALLOC, 200, 0 } };
	struct buf b = { 0 };

	put_events(&b, odd, 3);
	write_odd(LG_CHUNK_EVENTS, &b);
	struct trace t = open_whole();
	struct collected c = collect_all(&t);
	ck_assert_uint_eq(c.n, 3);
	ck_assert_uint_eq(c.events[0].type, LG_EV_PAD);
	ck_assert_uint_eq(c.events[1].type, LG_EV_PAD);
	ck_assert_uint_eq(c.events[2].type, LG_EV_ALLOC);
	ck_assert_uint_eq(c.events[2].entry, LG_ENTRY_UNKNOWN);
	ck_assert_uint_eq(c.events[2].size, 9);
	free(c.events);
	trace_close(&t);
}
END_TEST

START_TEST(no_events_are_fine)
{
	struct buf b = { 0 };

	put_events(&b, NULL, 0);
	write_odd(LG_CHUNK_EVENTS, &b);
	struct trace t = open_whole();
	ck_assert_uint_eq(t.nevents, 0);
	use(&t);
	trace_close(&t);
}
END_TEST

/* One good ALLOC in its columns; a row replaces one of them. */
enum { TAGS, STACKS, SIZES, ENTRIES, PLACES, AGES, FREES, KEYS, THREADS, CLAIMS, NCOLUMNS };
struct columns {
	uint64_t count;
	const char *column[NCOLUMNS];
	size_t bytes[NCOLUMNS];
};
#define COL(text) text, sizeof text - 1
static const struct {
	int which; /* NCOLUMNS: the count, from `bytes` */
	const char *with;
	size_t bytes;
} bad_columns[] = {
	{ NCOLUMNS, NULL, 0 },
	{ NCOLUMNS, NULL, 2 },
	{ NCOLUMNS, NULL, 1u << 30 },
	{ TAGS, COL("") },
	{ TAGS, COL("\x98\x98") },
	{ TAGS, COL("\x9c") /* no such stack mode */ },
	{ TAGS, COL("\x58") /* where a block began before: there was none */ },
	{ TAGS, COL("\xd8") /* no such place */ },
	{ TAGS, COL("\xf8") },
	{ TAGS, COL("\xfa") /* no event: values are left over */ },
	{ TAGS, COL("\x18") /* the newest of the freed: an address is left over */ },
	{ STACKS, COL("") },
	{ STACKS, COL("\x80\x80\x80\x80\x80\x80\x80\x80") },
	{ STACKS, COL("\x02\x02") },
	{ STACKS, COL("\x80\x80\x80\x80\x10") /* 2^32 */ },
	{ SIZES, COL("") },
	{ SIZES, COL("\x80") },
	{ SIZES, COL("\x00\x00") },
	{ SIZES, COL("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02") },
	{ SIZES, COL("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00") },
	{ ENTRIES, COL("") },
	{ ENTRIES, COL("\x01\x01") },
	{ PLACES, COL("") },
	{ PLACES, COL("\x80") },
	{ PLACES, COL("\x00\x00") },
	{ AGES, COL("\x00") },
	{ FREES, COL("\x00") },
	{ KEYS, COL("") },
	{ KEYS, COL("\x00") },
	{ KEYS, COL("\x00\x02") },
	{ KEYS, COL("\x00\x00\x00\x01") },
	{ KEYS, COL("\x00\x01\x00\x01") },
	{ KEYS, COL("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02\x01") },
	{ THREADS, COL("") },
	{ THREADS, COL("\x01") },
	{ THREADS, COL("\x01\x02") },
	{ THREADS, COL("\x01\x00\x01\x01") },
	{ THREADS, COL("\x01\x01\x01\x01") },
	{ THREADS, COL("\xff\xff\xff\xff\x7f\x01") },
	{ CLAIMS, COL("\x00") },
	{ CLAIMS, COL("\x00\x20\x10") /* of an alignment beyond 15 */ },
	{ CLAIMS, COL("\x00\xff\xff\xff\xff\x7f\x01") /* of a size beyond 32 bits */ },
	{ CLAIMS, COL("\x02\x20\x05") /* of an event behind the last */ },
	{ CLAIMS, COL("\x01\x01") },
	{ CLAIMS, COL("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01") },
};

static struct buf columns(const struct columns *c)
{
	struct buf b = { 0 };

	buf_varint(&b, c->count);
	buf_varint(&b, 4); /* units of 16 */
	buf_varint(&b, 6);
	buf_varint(&b, 0);
	for (int i = 0; i < NCOLUMNS; i++)
		buf_blob(&b, c->column[i], c->bytes[i]);
	return b;
}

static const struct columns good_columns = { 1,
					     { "\x98", "\x02", "\x20", "\x01", "\x08", "", "", "\x00\x01",
					       "\x01\x01", "\x00\x00\x06" },
					     { 1, 1, 1, 1, 1, 0, 0, 2, 2, 3 } };

START_TEST(columns_by_hand)
{
	static const struct trace_event expected = { 96, 8, 32, 1, 2, LG_EV_ALLOC, LG_ENTRY_MALLOC, 6 };
	struct buf b = columns(&good_columns);

	write_odd(LG_CHUNK_EVENTS, &b);
	struct trace t = open_whole();
	struct collected c = collect_all(&t);
	ck_assert_uint_eq(c.n, 1);
	assert_same_event(c.events, &expected);
	free(c.events);
	trace_close(&t);
}
END_TEST

/* Every way in which an event can be told, each once. */
START_TEST(tags_by_hand)
{
	static const struct {
		uint8_t tag;
		struct trace_event event;
	} rows[] = {
		{ 0x74,
		  { 96, 0x1000, 32, 1, 1, LG_EV_ALLOC, LG_ENTRY_MALLOC, 0 } }, /* new stack, 256 steps */
		{ 0x28, { 96, 0x1030, 32, 1, 1, LG_EV_ALLOC, LG_ENTRY_MALLOC, 0 } }, /* given stack, fresh */
		{ 0x0a, { 96, 0x1000, 0, 1, 0, LG_EV_FREE, LG_ENTRY_FREE, 0 } }, /* age 1 */
		{ 0xd2, { 96, 0x1030, 0, 1, 0, LG_EV_FREE, LG_ENTRY_FREE, 0 } }, /* the one after */
		{ 0x40,
		  { 96, 0x1000, 32, 1, 1, LG_EV_ALLOC, LG_ENTRY_MALLOC, 0 } }, /* where the first began */
		{ 0x01,
		  { 128, 0x1030, 32, 1, 1, LG_EV_RESIZE, LG_ENTRY_MALLOC, 0 } }, /* the newest of the freed */
		{ 0xdb, { 128, 0x1000, 0, 1, 0, LG_EV_RELEASE, LG_ENTRY_REALLOC, 0 } }, /* the one before */
		{ 0xe2, { 128, 0x1030, 0, 1, 0, LG_EV_FREE, LG_ENTRY_FREE, 0 } }, /* age 0, given */
		{ 0xef,
		  { 128, 0x1040, 0, 9, 0, LG_EV_RELEASE, LG_ENTRY_FREE, 0 } }, /* one step, entry given */
		{ 0xf2, { 128, 5, 0, 9, 0, LG_EV_FREE, LG_ENTRY_FREE, 0 } }, /* given */
		{ 0xfa, { 128, 0, 0, 9, 0, LG_EV_PAD, LG_ENTRY_UNKNOWN, 0 } },
		{ 0x91,
		  { 128, 0, 64, 9, 1, LG_EV_RESIZE, LG_ENTRY_REALLOC, 0 } }, /* a failed one: no address */
		{ 0xa0,
		  { 128, 5, 64, 9, 1, LG_EV_ALLOC, LG_ENTRY_REALLOC, 0 } }, /* freed, of no known size */
	};
	char tags[COUNT(rows)];
	struct columns c = { COUNT(rows),
			     { tags, "\x01", "\x20\x40", "\x01\x04\x03", "\x80\x04\x01\x00", "\x00",
			       "\x02\x05", "\x00\x05\x04\x08", "\x01\x08\x09\x05" },
			     { COUNT(rows), 1, 2, 3, 4, 1, 2, 4, 4 } };

	for (size_t i = 0; i < COUNT(rows); i++)
		tags[i] = (char)rows[i].tag;
	struct buf b = columns(&c);
	write_odd(LG_CHUNK_EVENTS, &b);
	struct trace t = open_whole();
	struct collected all = collect_all(&t);
	ck_assert_uint_eq(all.n, COUNT(rows));
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_same_event(&all.events[i], &rows[i].event);
	free(all.events);
	trace_close(&t);
}
END_TEST

/* The good ALLOC, and an end that its tag and one value cannot tell. */
static const struct {
	const char *tags;
	int which;
	const char *with;
	size_t bytes;
} bad_ends[] = {
	{ "\x98\x0a", AGES, COL("") }, /* age 1 of one block */
	{ "\x98\xca", AGES, COL("") }, /* age 25 */
	{ "\x98\xd2", AGES, COL("") }, /* the one after the first */
	{ "\x98\xda", AGES, COL("") }, /* the one before the first */
	{ "\x98\xe2", AGES, COL("") },
	{ "\x98\xe2", AGES, COL("\x01") },
	{ "\x98\xe2", AGES, COL("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01") },
	{ "\x98\xea", FREES, COL("") },
	{ "\x98\xf2", FREES, COL("") },
	{ "\x98\xf2", FREES, COL("\x80") },
	{ "\x98\xf2", FREES, COL("\x01\x01") },
	{ "\x98\x06", AGES, COL("") }, /* an entry that is not given */
};

START_TEST(a_bad_end_drops_its_chunk)
{
	struct columns c = good_columns;

	c.count = 2;
	c.column[TAGS] = bad_ends[_i].tags, c.bytes[TAGS] = 2;
	c.column[KEYS] = "\x00\x02", c.column[THREADS] = "\x01\x02";
	c.column[bad_ends[_i].which] = bad_ends[_i].with;
	c.bytes[bad_ends[_i].which] = bad_ends[_i].bytes;
	struct buf b = columns(&c);
	write_odd(LG_CHUNK_EVENTS, &b);
	struct trace t = open_good();
	ck_assert_uint_eq(t.nevents, 0);
	ck_assert_msg(strstr(t.damage, "chunk 2 at byte "), "%s", t.damage);
	trace_close(&t);
}
END_TEST

START_TEST(a_bad_column_drops_its_chunk)
{
	struct columns c = good_columns;

	if (bad_columns[_i].which == NCOLUMNS) {
		c.count = bad_columns[_i].bytes;
	} else {
		c.column[bad_columns[_i].which] = bad_columns[_i].with;
		c.bytes[bad_columns[_i].which] = bad_columns[_i].bytes;
	}
	struct buf b = columns(&c);
	write_odd(LG_CHUNK_EVENTS, &b);
	struct trace t = open_good();
	ck_assert_uint_eq(t.nevents, 0);
	ck_assert_msg(strstr(t.damage, "chunk 2 at byte "), "%s", t.damage);
	use(&t);
	trace_close(&t);
}
END_TEST

/* Who asks for the events of what is not sealed is given none of a chunk that is bad further on; all are checked, even
 * when he wants no more. */
START_TEST(sealing_hands_over_what_is_good)
{
	struct columns c = good_columns;
	struct trace_writer *w = start();
	struct collected first = { .stop_after = 1 };
	struct trace t;

	c.count = 2;
	c.column[TAGS] = "\x98\x9c", c.bytes[TAGS] = 2; /* the second is of no stack mode */
	c.column[KEYS] = "\x00\x02", c.column[THREADS] = "\x01\x02";
	struct buf b = columns(&c);
	put_the_process(w);
	put_the_nodes(w);
	put(w, LG_CHUNK_EVENTS, &b);
	for (int i = 0; i < 3; i++)
		put_the_events(w);
	put_the_end(w);
	finish(w);
	ck_assert_int_eq(trace_open_unsealed(&t, path, NULL), 0);
	ck_assert_str_eq(t.damage, "");
	ck_assert_int_eq(trace_seal(&t, collect, &first, NULL), 42);
	ck_assert_uint_eq(first.n, NEVENTS);
	assert_same_event(first.events, events);
	ck_assert_uint_eq(t.nevents, 3 * NEVENTS);
	ck_assert_msg(strstr(t.damage, "chunk 2 at byte "), "%s", t.damage);
	use(&t);
	free(first.events);
	trace_close(&t);
}
END_TEST

START_TEST(a_tag_that_is_none_drops_its_chunk)
{
	struct columns c = good_columns;

	c.column[TAGS] = (const char *[]){ "\x9c", "\xd8", "\xf8" }[_i]; /* no such stack, no such places */
	struct buf b = columns(&c);
	write_odd(LG_CHUNK_EVENTS, &b);
	assert_damage_says("no sound event");
}
END_TEST

START_TEST(a_snapshot_never_counts_more_events_than_there_are)
{
	struct buf b = { 0 };

	put_snapshot(&b, &(struct trace_snapshot){ .id = 1, .events = 99 });
	write_odd(LG_CHUNK_SNAPSHOT, &b);
	struct trace t = open_whole();
	ck_assert_uint_eq(t.snapshots[0].events, 0);
	trace_close(&t);
}
END_TEST

START_TEST(a_stack_without_a_node_becomes_none)
{
	struct columns c = good_columns;

	c.column[STACKS] = "\x05"; /* of nodes 0..4 */
	struct buf b = columns(&c);
	write_odd(LG_CHUNK_EVENTS, &b);
	struct trace t = open_good();
	struct collected all = collect_all(&t);
	ck_assert_uint_eq(all.n, 1);
	ck_assert_uint_eq(all.events[0].stack, 0);
	ck_assert_str_eq(t.damage, "1 events have stacks that the trace does not hold");
	free(all.events);
	trace_close(&t);
}
END_TEST

START_TEST(an_entry_of_a_later_version_is_unknown)
{
	struct columns c = good_columns;

	c.column[ENTRIES] = "\x63";
	struct buf b = columns(&c);
	write_odd(LG_CHUNK_EVENTS, &b);
	struct trace t = open_whole();
	struct collected all = collect_all(&t);
	ck_assert_uint_eq(all.events[0].entry, LG_ENTRY_UNKNOWN);
	free(all.events);
	trace_close(&t);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, any_values_survive_the_columns);
	tcase_add_test(tc, sealing_hands_over_what_is_good);
	tcase_add_test(tc, streaming_stops_at_the_first_answer);
	tcase_add_test(tc, what_is_no_event_is_written_as_padding);
	tcase_add_test(tc, no_events_are_fine);
	tcase_add_test(tc, columns_by_hand);
	tcase_add_test(tc, tags_by_hand);
	tcase_add_test(tc, a_heap_survives_the_columns);
	tcase_add_test(tc, a_chunk_is_full_at_its_limit);
	tcase_add_loop_test(tc, a_bad_end_drops_its_chunk, 0, COUNT(bad_ends));
	tcase_add_loop_test(tc, a_bad_column_drops_its_chunk, 0, COUNT(bad_columns));
	tcase_add_loop_test(tc, a_tag_that_is_none_drops_its_chunk, 0, 3);
	tcase_add_test(tc, a_snapshot_never_counts_more_events_than_there_are);
	tcase_add_test(tc, a_stack_without_a_node_becomes_none);
	tcase_add_test(tc, an_entry_of_a_later_version_is_unknown);
}

int main(void)
{
	return sample_suite_run("trace-events", add_tests);
}
