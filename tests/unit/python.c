/* The shim's reading of CPython's frames, against an interpreter of this file's own making: it shows the names of 3.11,
 * and memory laid out as that version's, which the tests then change and damage. */
#include "leakgraph/ring.h"
#include "probe/probe.h"
#include "suite.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>

/* ---- the interpreter --------------------------------------------------------------------------------- */

const unsigned long Py_Version = 0x030b02f0;
uint64_t PyCode_Type[64];
struct {
	uint64_t unused[72], holder, unused2;
	uint32_t has_key, key;
} _PyRuntime;
_Static_assert(__builtin_offsetof(__typeof__(_PyRuntime), has_key) == 592, "autoTSSkey of 3.11");

struct text {
	uint64_t count, type, length, hash;
	uint32_t state, unused;
	uint64_t unused2; /* then the characters of ASCII */
	char characters[64];
};

struct table {
	uint64_t count, type, size, hash;
	uint8_t bytes[32];
};

struct code {
	uint64_t count, type, units, unused[6];
	uint32_t first_line, unused2;
	uint64_t unused3[4];
	struct text *file, *name, *qualified_name;
	struct table *lines;
	uint64_t unused4[3];
	uint32_t untraced, unused5;
	uint64_t unused6;
	uint16_t instructions[64];
};
_Static_assert(__builtin_offsetof(struct code, file) == 112, "co_filename");
_Static_assert(__builtin_offsetof(struct code, untraced) == 168, "_co_firsttraceable");
_Static_assert(__builtin_offsetof(struct code, instructions) == 184, "co_code_adaptive");

struct frame {
	uint64_t unused[4];
	const struct code *code;
	uint64_t object;
	struct frame *previous;
	const uint16_t *instruction;
	uint32_t stacktop;
	bool is_entry;
	uint64_t locals[1];
};
_Static_assert(__builtin_offsetof(struct frame, is_entry) == 68, "is_entry");

struct state {
	uint64_t unused[7];
	struct {
		uint64_t tracing;
		struct frame *current;
	} * cframe;
	uint64_t unused2[11], thread, unused3;
};
_Static_assert(__builtin_offsetof(struct state, thread) == 152, "thread_id");

/* That it is there is seen when its code is first on a stack. */
void *_PyEval_EvalFrameDefault(struct probe *p);
__attribute__((noinline)) void *_PyEval_EvalFrameDefault(struct probe *p)
{
	probe_python(p);
	__asm__ volatile("" ::: "memory");
	return NULL;
}

static struct probe probe;
static __typeof__(*((struct state *)0)->cframe) cframe;
static struct state state = { .cframe = (void *)&cframe };

static struct text *text(const char *characters)
{
	struct text *t = calloc(1, sizeof *t);

	t->length = strlen(characters);
	t->state = 1 << 2 | 1 << 5 | 1 << 6;
	strcpy(t->characters, characters);
	return t;
}

/* Of ten lines with one instruction each. */
static struct code *code(const char *file, const char *name, uint32_t first_line)
{
	struct code *c = calloc(1, sizeof *c);

	c->type = (uint64_t)PyCode_Type;
	c->units = 10;
	c->first_line = first_line;
	c->file = text(file);
	c->qualified_name = text(name);
	c->lines = calloc(1, sizeof *c->lines);
	for (unsigned i = 0; i < 10; i++) {
		c->lines->bytes[c->lines->size++] = 0x80 | 13 << 3; /* one unit, no columns */
		c->lines->bytes[c->lines->size++] = i ? 2 : 0; /* a line further */
	}
	return c;
}

static void run(struct frame *f, struct frame *outside, const struct code *c, unsigned instruction)
{
	*f = (struct frame){ .code = c, .previous = outside, .instruction = &c->instructions[instruction] };
	cframe.current = f;
}

static void start(void)
{
	probe_open();
	_PyRuntime.has_key = 1;
	pthread_key_create(&_PyRuntime.key, NULL);
	state.thread = (uint64_t)pthread_self();
	pthread_setspecific(_PyRuntime.key, &state);
	cframe.current = NULL;
}

static void look(void)
{
	_PyEval_EvalFrameDefault(&probe);
	_PyEval_EvalFrameDefault(&probe); /* the first time it was not yet known */
}

/* "a.py!f:12 b.py!g:3"; "|": the interpreter was entered there. */
static const char *seen(void)
{
	static char all[64 * PROBE_MAX];
	char name[2 * 1024], *at = all;

	look();
	*at = 0;
	for (size_t i = 0; i < probe.nours; i++) {
		uint64_t frame = probe.ours[i];
		const char *gap = i ? " " : "";
		if (!frame)
			at += sprintf(at, "%s|", gap);
		else if (frame == LG_FRAME_TRUNCATED)
			at += sprintf(at, "%s...", gap);
		else
			at += sprintf(at, "%s%s:%u", gap, probe_python_name(frame, name),
				      lg_python_line_of(frame));
	}
	return all;
}

/* ---- the walk ---------------------------------------------------------------------------------------- */

START_TEST(frames_are_read_from_the_inside_out)
{
	struct frame f[3];

	start();
	ck_assert_str_eq(seen(), "");
	run(&f[0], NULL, code("a.py", "<module>", 1), 4);
	f[0].is_entry = true;
	run(&f[1], &f[0], code("a.py", "C.method", 20), 0);
	run(&f[2], &f[1], code("b.py", "inner.<locals>.<lambda>", 7), 9);
	ck_assert_str_eq(seen(), "b.py!inner.<locals>.<lambda>:16 a.py!C.method:20 a.py!<module>:5 |");
	ck_assert_uint_eq(probe_python_lost(), 0);
}
END_TEST

START_TEST(what_changes_further_out_is_seen)
{
	struct frame f[4];
	struct code *c = code("a.py", "f", 1);

	start();
	for (unsigned i = 0; i < 4; i++)
		run(&f[i], i ? &f[i - 1] : NULL, c, i);
	ck_assert_str_eq(seen(), "a.py!f:4 a.py!f:3 a.py!f:2 a.py!f:1");
	f[1].instruction++;
	ck_assert_str_eq(seen(), "a.py!f:4 a.py!f:3 a.py!f:3 a.py!f:1");
	f[0].instruction++;
	f[3].instruction++;
	ck_assert_str_eq(seen(), "a.py!f:5 a.py!f:3 a.py!f:3 a.py!f:2");
	f[2].is_entry = true;
	ck_assert_str_eq(seen(), "a.py!f:5 a.py!f:3 | a.py!f:3 a.py!f:2");
	cframe.current = &f[1];
	ck_assert_str_eq(seen(), "a.py!f:3 a.py!f:2");
	f[3].previous = &f[1];
	cframe.current = &f[3];
	ck_assert_str_eq(seen(), "a.py!f:5 a.py!f:3 a.py!f:2");
}
END_TEST

/* A chain in words, as seen() has it. */
static const char *built(const struct frame *f)
{
	static char all[4096];
	char *at = all;

	for (*at = 0; f; f = f->previous)
		at += sprintf(at, "%s%s!%s:%u%s", at == all ? "" : " ", f->code->file->characters,
			      f->code->qualified_name->characters,
			      f->code->first_line + (unsigned)(f->instruction - f->code->instructions),
			      f->is_entry ? " |" : "");
	return all;
}

/* Whatever a walk keeps of the ones before, it reads what is there. */
START_TEST(random_chains_agree_with_what_was_built)
{
	struct frame f[24] = { 0 };
	struct code *codes[] = { code("a.py", "f", 1), code("a.py", "g", 100), code("b.py", "f", 1000) };
	unsigned depth = 0;

	start();
	srand((unsigned)_i);
	for (unsigned round = 0; round < 300; round++) {
		unsigned keep = depth ? (unsigned)rand() % (depth + 1) : 0;
		for (depth = keep; depth < 24 && (depth == 0 || rand() % 4); depth++) {
			run(&f[depth], depth ? &f[depth - 1] : NULL, codes[rand() % 3],
			    (unsigned)rand() % 10);
			f[depth].is_entry = rand() % 4 == 0;
		}
		if (rand() % 2) {
			struct frame *stepped = &f[(unsigned)rand() % depth];
			stepped->instruction = &stepped->code->instructions[rand() % 10];
		}
		cframe.current = &f[depth - 1];
		ck_assert_str_eq(seen(), built(cframe.current));
	}
}
END_TEST

START_TEST(deep_stacks_keep_their_innermost_frames)
{
	static struct frame f[LG_MAX_FRAMES + 500];
	struct code *c = code("a.py", "f", 1);

	start();
	for (unsigned i = 0; i < LG_MAX_FRAMES + 500; i++)
		run(&f[i], i ? &f[i - 1] : NULL, c, i % 10);
	look();
	ck_assert_uint_eq(probe.nours, LG_MAX_FRAMES + 1);
	ck_assert_uint_eq(lg_python_line_of(probe.ours[0]), (LG_MAX_FRAMES + 499) % 10 + 1);
	ck_assert_uint_eq(probe.ours[LG_MAX_FRAMES], LG_FRAME_TRUNCATED);
	cframe.current = &f[2];
	ck_assert_str_eq(seen(), "a.py!f:3 a.py!f:2 a.py!f:1");
}
END_TEST

START_TEST(other_code_at_an_address_has_its_own_name)
{
	struct frame f;
	struct code *c = code("first.py", "<module>", 1);
	struct text *other = text("other.py");

	start();
	run(&f, NULL, c, 3);
	ck_assert_str_eq(seen(), "first.py!<module>:4");
	cframe.current = NULL;
	probe_block(c); /* freed, and handed out again */
	*c->file = *other;
	c->first_line = 50;
	run(&f, NULL, c, 2);
	ck_assert_str_eq(seen(), "other.py!<module>:52");
	run(&f, NULL, c, 3);
	ck_assert_str_eq(seen(), "other.py!<module>:53");
}
END_TEST

START_TEST(names_become_utf8_and_are_cut)
{
	struct frame f;
	struct code *c = code("a.py", "f", 1);
	struct text *wide = calloc(1, 1 << 16);
	char name[2 * 1024];

	start();
	wide->state = 2 << 2 | 1 << 5;
	wide->length = 3;
	memcpy((char *)wide + 72, (uint16_t[]){ 'x', 0x436, 0x4e2d }, 6);
	c->qualified_name = wide;
	run(&f, NULL, c, 0);
	ck_assert_str_eq(seen(), "a.py!x\u0436\u4e2d:1");
	c = code("a.py", "f", 1);
	wide = calloc(1, 1 << 16);
	wide->state = 4 << 2 | 1 << 5;
	wide->length = 5000;
	for (unsigned i = 0; i < 5000; i++)
		((uint32_t *)wide)[18 + i] = 0x1f40d;
	c->qualified_name = wide;
	run(&f, NULL, c, 0);
	look();
	ck_assert_uint_eq(probe.nours, 1);
	ck_assert_uint_eq(strlen(probe_python_name(probe.ours[0], name)),
			  strlen("a.py!") + 1000 / 4 * 4 - 4 + 4);
}
END_TEST

/* ---- what is not to be believed ---------------------------------------------------------------------- */

START_TEST(a_thread_without_a_state_has_no_frames)
{
	struct frame f;

	start();
	run(&f, NULL, code("a.py", "f", 1), 0);
	ck_assert_str_eq(seen(), "a.py!f:1");
	state.thread++;
	ck_assert_str_eq(seen(), "");
	state.thread--;
	pthread_setspecific(_PyRuntime.key, (void *)8);
	ck_assert_str_eq(seen(), "");
	pthread_setspecific(_PyRuntime.key, NULL);
	ck_assert_str_eq(seen(), "");
	_PyRuntime.holder = (uint64_t)&state; /* of another interpreter, as this thread holds the lock */
	ck_assert_str_eq(seen(), "a.py!f:1");
	_PyRuntime.holder = 16;
	_PyRuntime.has_key = 0;
	ck_assert_str_eq(seen(), "");
}
END_TEST

START_TEST(chains_that_lead_astray_end)
{
	struct frame f[2],
	    *gone = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct code *c = code("a.py", "f", 1);

	start();
	run(&f[0], NULL, c, 0);
	run(&f[1], &f[0], c, 1);
	f[0].previous = &f[1]; /* a loop */
	look();
	ck_assert_uint_eq(probe.nours, LG_MAX_FRAMES + 1);
	f[0].previous = (void *)0x1238;
	ck_assert_str_eq(seen(), "");
	ck_assert_uint_gt(probe_python_lost(), 0);
	f[0].previous = (void *)((char *)&f[1] + 3);
	ck_assert_str_eq(seen(), "");
	munmap(gone, 8192);
	f[0].previous = gone;
	ck_assert_str_eq(seen(), "");
	f[0].previous = (void *)UINT64_C(0xfffffffffffffff8);
	ck_assert_str_eq(seen(), "");
	cframe.current = (void *)UINT64_C(0x8000000000000000);
	ck_assert_str_eq(seen(), "");
	state.cframe = (void *)1;
	ck_assert_str_eq(seen(), "");
	state.cframe = (void *)&cframe;
	f[0].previous = NULL;
	cframe.current = &f[1];
	ck_assert_str_eq(seen(), "a.py!f:2 a.py!f:1");
}
END_TEST

START_TEST(what_is_no_code_is_passed_over)
{
	struct frame f[2];
	struct code *good = code("a.py", "f", 1), *bad[7];

	start();
	for (unsigned i = 0; i < 7; i++)
		bad[i] = code("b.py", "g", 1);
	bad[0]->type++;
	bad[1]->units = 3; /* where it stands is behind its end */
	bad[2]->qualified_name = (void *)0x1230;
	bad[3]->qualified_name->state = 0;
	bad[4]->qualified_name->length = 0;
	bad[5]->untraced = 10; /* that starts other code only */
	bad[6]->units = UINT64_MAX;
	for (unsigned i = 0; i < 7; i++) {
		run(&f[0], NULL, good, 0);
		run(&f[1], &f[0], bad[i], 5);
		ck_assert_str_eq(seen(), "a.py!f:1");
	}
	run(&f[1], &f[0], (void *)0x1238, 0);
	f[1].instruction = (void *)0x1300;
	ck_assert_str_eq(seen(), "a.py!f:1");
}
END_TEST

/* ---- lines ------------------------------------------------------------------------------------------- */

START_TEST(lines_follow_the_table)
{
	static const uint8_t table[] = {
		0x80 | 0 << 3 | 1,  0x11, /* two units on the first line */
		0x80 | 11 << 3,	    1,	       2, /* one line further */
		0x80 | 14 << 3,	    0x40 | 20, 1, 0, 1, 2, /* long: 42 lines further, and where it ends */
		0x80 | 15 << 3 | 7, /* eight of no line: of the first */
		0x80 | 13 << 3,	    7, /* three back */
	};
	static const uint32_t lines[] = { 10, 10, 11, 53, 10, 10, 10, 10, 10, 10, 10, 10, 50, 0 };

	for (unsigned unit = 0; unit < sizeof lines / sizeof *lines; unit++)
		ck_assert_uint_eq(probe_line(table, sizeof table, 10, 2 * unit), lines[unit]);
	ck_assert_uint_eq(probe_line(table, 0, 10, 0), 0);
	ck_assert_uint_eq(probe_line(table, 3, 10, 4), 11);
	ck_assert_uint_eq(probe_line((const uint8_t[]){ 0x80 | 13 << 3, 41 }, 2, 10, 0),
			  0); /* before all lines */
}
END_TEST

START_TEST(random_tables_end)
{
	uint8_t table[64];

	srand(1);
	for (unsigned round = 0; round < 20000; round++) {
		for (unsigned i = 0; i < sizeof table; i++)
			table[i] = (uint8_t)(rand() >> 8);
		ck_assert_uint_le(
		    probe_line(table, (uint64_t)rand() % 65, (uint32_t)rand(), (uint64_t)rand() % 600),
		    LG_PYTHON_LINE_MAX);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		frames_are_read_from_the_inside_out,
		what_changes_further_out_is_seen,
		random_chains_agree_with_what_was_built,
		deep_stacks_keep_their_innermost_frames,
		other_code_at_an_address_has_its_own_name,
		names_become_utf8_and_are_cut,
		a_thread_without_a_state_has_no_frames,
		chains_that_lead_astray_end,
		what_is_no_code_is_passed_over,
		lines_follow_the_table,
		random_tables_end,
	};
	return suite_run("python", tests, sizeof tests / sizeof *tests);
}
