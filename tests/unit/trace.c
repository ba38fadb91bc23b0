/* trace: what is written comes back. */
#include "trace-sample.h"

#include <inttypes.h>
#include <signal.h>

START_TEST(process_comes_back)
{
	write_sample();
	struct trace t = open_whole();
	const struct trace_process *p = &t.process;

	ck_assert_uint_eq(p->pid, 4711);
	ck_assert_uint_eq(p->parent_pid, 4710);
	ck_assert_uint_eq(p->image, 2);
	ck_assert_uint_eq(p->flags, LG_PROCESS_FORKED);
	ck_assert_uint_eq(p->clock, LG_CLOCK_TSC);
	ck_assert_uint_eq(p->ticks_per_second, 2400000000);
	ck_assert_uint_eq(p->hello_key, 99);
	ck_assert_uint_eq(p->start_unix_ns, 1700000000123456789);
	ck_assert_uint_eq(p->page_bytes, 4096);
	ck_assert_str_eq(p->executable, "/bin/app");
	ck_assert_str_eq(p->directory, "/home");
	ck_assert_str_eq(p->allocator, "libc.so.6");
	ck_assert_str_eq(p->recorder, "0.1.0");
	ck_assert_uint_eq(p->argc, 3);
	ck_assert_uint_eq(p->sample_bytes, 4096);
	ck_assert_uint_eq(p->run_unix_ns, 1700000000000000001);
	ck_assert_str_eq(p->argv[1], "");
	ck_assert_str_eq(p->argv[2], "two words");
	ck_assert_ptr_null(p->argv[3]);
	trace_close(&t);
}
END_TEST

START_TEST(modules_come_back_in_order_of_their_numbers)
{
	write_sample();
	struct trace t = open_whole();

	ck_assert_uint_eq(t.nmodules, 2);
	ck_assert_uint_eq(t.modules[0].id, 1);
	ck_assert_str_eq(t.modules[0].path, "");
	const struct trace_module *m = &t.modules[1];
	ck_assert_uint_eq(m->id, 2);
	ck_assert_uint_eq(m->start, 0x7000);
	ck_assert_uint_eq(m->end, 0x9000);
	ck_assert_uint_eq(m->bias, 0x7000);
	ck_assert_uint_eq(m->key, 12);
	ck_assert_uint_eq(m->build_id_bytes, 3);
	ck_assert_mem_eq(m->build_id, "\xde\xad\x01", 3);
	ck_assert_str_eq(m->path, "/lib/two.so");
	trace_close(&t);
}
END_TEST

START_TEST(nodes_come_back_whatever_the_order_of_parents)
{
	write_sample();
	struct trace t = open_whole();

	ck_assert_uint_eq(t.nnodes, 5);
	ck_assert_uint_eq(t.nodes[0].frame, 0);
	ck_assert_uint_eq(t.nodes[0].parent, 0);
	for (unsigned i = 0; i < 4; i++) {
		ck_assert_uint_eq(t.nodes[i + 1].frame, nodes[i].frame);
		ck_assert_uint_eq(t.nodes[i + 1].parent, nodes[i].parent);
	}
	trace_close(&t);
}
END_TEST

START_TEST(events_come_back_in_file_order)
{
	write_sample();
	struct trace t = open_whole();
	struct collected c = collect_all(&t);

	ck_assert_uint_eq(c.n, 2 * NEVENTS);
	for (size_t i = 0; i < c.n; i++)
		assert_same_event(&c.events[i], &events[i % NEVENTS]);
	free(c.events);
	trace_close(&t);
}
END_TEST

START_TEST(a_snapshot_comes_back)
{
	write_sample();
	struct trace t = open_whole();

	ck_assert_uint_eq(t.nsnapshots, 1);
	const struct trace_snapshot *s = &t.snapshots[0];
	ck_assert(s->whole);
	ck_assert_uint_eq(s->id, 1);
	ck_assert_uint_eq(s->key, 500);
	ck_assert_uint_eq(s->reason, LG_SNAPSHOT_EXIT);
	ck_assert_uint_eq(s->method, LG_METHOD_PTRACE);
	ck_assert_uint_eq(s->events, NEVENTS);
	ck_assert_uint_eq(s->bytes_read, 48);
	ck_assert_uint_eq(s->bytes_unread, 4096);
	ck_assert_uint_eq(s->threads_seen, 2);
	ck_assert_uint_eq(s->threads_stopped, 1);
	ck_assert_uint_eq(s->nthreads, 2);
	ck_assert_uint_eq(s->threads[0].tid, 4711);
	ck_assert_uint_eq(s->threads[0].number, 1);
	ck_assert_uint_eq(s->threads[0].flags, LG_THREAD_STOPPED);
	ck_assert_uint_eq(s->threads[0].fs_base, 0x7f00);
	ck_assert_uint_eq(s->threads[0].nregs, LG_REGS);
	ck_assert_uint_eq(s->threads[0].regs[LG_REG_RSP], 0x7ffe1000);
	ck_assert_uint_eq(s->threads[1].nregs, 0);
	ck_assert_uint_eq(s->threads[1].nvector, 3);
	ck_assert_uint_eq(s->threads[1].vector[2], UINT64_MAX);
	ck_assert_uint_eq(s->nunread, 1);
	ck_assert_uint_eq(s->unread[0].start, 0x13000);
	ck_assert_uint_eq(s->unread[0].end, 0x14000);
	ck_assert_int_eq(s->unread[0].error, EFAULT);
	trace_close(&t);
}
END_TEST

START_TEST(mappings_and_memory_come_back_sorted)
{
	write_sample();
	struct trace t = open_whole();
	const struct trace_snapshot *s = &t.snapshots[0];

	ck_assert_uint_eq(s->nmappings, 3);
	ck_assert_uint_eq(s->mappings[0].start, 0x10000);
	ck_assert_uint_eq(s->mappings[0].flags, LG_MAPPING_READ | LG_MAPPING_SHARED);
	ck_assert_uint_eq(s->mappings[1].start, 0x20000);
	ck_assert_uint_eq(s->mappings[1].end, 0x22000);
	ck_assert_uint_eq(s->mappings[1].file_offset, 0x1000);
	ck_assert_uint_eq(s->mappings[1].prot, 3);
	ck_assert_str_eq(s->mappings[1].path, "/bin/app");
	ck_assert_str_eq(s->mappings[2].path, "[vvar]");
	ck_assert_uint_eq(s->nmemory, 3);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_uint_eq((uintptr_t)s->memory[i].words % 8, 0);
		ck_assert(!i || s->memory[i - 1].start + s->memory[i - 1].bytes <= s->memory[i].start);
	}
	trace_close(&t);
}
END_TEST

START_TEST(words_are_found)
{
	static const struct {
		uint64_t addr;
		bool found;
		uint64_t word;
	} rows[] = {
		{ 0x20000, true, 1 },	       { 0x20008, true, 2 },	     { 0x10000, true, 3 },
		{ 0x10008, true, 4 },	       { 0x10010, true, 5 },	     { 0x10018, true, 6 },
		{ 0x10020, true, 0 },	       { 0x12ff8, true, 0 },	     { 0x13000, false, 0 },
		{ 0x12ffc, false, 0 },	       { 0x14000, false, 0 },	     { 0x21ff8, true, 0 },
		{ 0x22000, false, 0 },	       { 0xfff8, false, 0 },	     { 0x30000, false, 0 },
		{ 0x20004, true, 2ULL << 32 }, { UINT64_MAX - 3, false, 0 }, { 0, false, 0 },
	};
	write_sample();
	struct trace t = open_whole();

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint64_t word = 77;
		bool found = snapshot_word(&t.snapshots[0], rows[i].addr, &word);
		ck_assert_msg(found == rows[i].found, "0x%" PRIx64, rows[i].addr);
		if (found)
			ck_assert_uint_eq(word, rows[i].word);
	}
	trace_close(&t);
}
END_TEST

START_TEST(the_footer_comes_back)
{
	write_sample();
	struct trace t = open_whole();
	const struct trace_end *e = &t.end;

	ck_assert(e->present);
	ck_assert_uint_eq(e->ending, LG_ENDED_SIGNALED);
	ck_assert_uint_eq(e->status, 139);
	ck_assert_uint_eq(e->signal, 11);
	ck_assert_uint_eq(e->key, 1000);
	ck_assert_uint_eq(e->duration_ns, 5);
	ck_assert_uint_eq(e->threads, 3);
	ck_assert_uint_eq(e->events, NEVENTS);
	ck_assert_uint_eq(e->lost_allocs, 6);
	ck_assert_uint_eq(e->lost_frees, 7);
	ck_assert_uint_eq(e->lost_bytes, 8);
	ck_assert_uint_eq(e->stackless, 9);
	ck_assert_uint_eq(e->truncated, 10);
	ck_assert_uint_eq(e->lost_stacks, 11);
	ck_assert_uint_eq(e->untraced, 12);
	ck_assert_uint_eq(e->nreasons, 2);
	ck_assert_str_eq(e->reasons[0], "events lost");
	ck_assert_str_eq(e->reasons[1], "no ptrace");
	ck_assert_uint_eq(e->recorder_cpu_ns, 13);
	ck_assert_uint_eq(e->left_out_allocs, 14);
	ck_assert_uint_eq(e->left_out_bytes, 15);
	ck_assert_uint_eq(e->python_lost, 16);
	trace_close(&t);
}
END_TEST

START_TEST(a_footer_without_its_last_fields_is_whole)
{
	struct buf b = { 0 };

	put_end(&b, &end);
	b.used -= 4; /* each of the last four takes one byte here */
	write_odd(LG_CHUNK_END, &b);
	struct trace t = open_whole();
	ck_assert(t.end.present);
	ck_assert_uint_eq(t.end.nreasons, 2);
	ck_assert_uint_eq(t.end.recorder_cpu_ns, 0);
	trace_close(&t);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, process_comes_back);
	tcase_add_test(tc, modules_come_back_in_order_of_their_numbers);
	tcase_add_test(tc, nodes_come_back_whatever_the_order_of_parents);
	tcase_add_test(tc, events_come_back_in_file_order);
	tcase_add_test(tc, a_snapshot_comes_back);
	tcase_add_test(tc, mappings_and_memory_come_back_sorted);
	tcase_add_test(tc, words_are_found);
	tcase_add_test(tc, the_footer_comes_back);
	tcase_add_test(tc, a_footer_without_its_last_fields_is_whole);
}

int main(void)
{
	return sample_suite_run("trace", add_tests);
}
