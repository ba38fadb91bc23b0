/* declared.c: types that a user declares, from the file's text to the counts, sound and damaged. */
#include "models/models.h"
#include "passes/counts.h"
#include "world.h"

struct d_world {
	struct world w;
	struct names *names;
	struct declarations declared;
	struct models models;
	struct count_set counts;
};

static int take(struct declarations *d, const char *text, struct err *err)
{
	char *copy = strdup(text);
	int failed = declarations_add(d, "app.model", copy, err);

	free(copy);
	return failed;
}

/* A process without any debug information. */
static void d_open(struct d_world *d, const char *text)
{
	struct err err = { "" };

	*d = (struct d_world){ 0 };
	world_open(&d->w);
	ck_assert_msg(!take(&d->declared, text, &err), "%s", err.text);
}

static void d_finish(struct d_world *d)
{
	const struct names_options options = { .no_debuginfod = true };
	struct err err = { "" };

	world_graph(&d->w);
	ck_assert_msg(!names_open(&d->names, &d->w.trace, &options, &err), "%s", err.text);
	ck_assert_msg(!models_apply(&d->models, &d->w.graph, d->names, &d->declared, &err), "%s", err.text);
	ck_assert_msg(!counts_find(&d->counts, &d->models, &d->w.graph, &err), "%s", err.text);
	ck_assert(graph_is_valid(&d->w.graph));
}

static void d_close(struct d_world *d)
{
	counts_free(&d->counts);
	models_close(&d->models);
	declarations_free(&d->declared);
	names_close(d->names);
	world_close(&d->w);
}

START_TEST(a_file_declares_types_and_functions)
{
	struct declarations d = { 0 };
	struct err err = { "" };

	ck_assert(!take(
	    &d,
	    "# nodes\n\ntype struct node \n\tcount refs\n weak parent\nfrom node_new 0x30\r\ncount 2 2\n"
	    "owns 8\nowns 16",
	    &err));
	ck_assert_str_eq(d.first->type, "struct node");
	ck_assert_str_eq(d.first->count.name, "refs");
	ck_assert_uint_eq(d.first->nweak, 1);
	ck_assert_str_eq(d.last->function, "node_new");
	ck_assert_uint_eq(d.last->size, 48);
	ck_assert_uint_eq(d.last->count.offset, 2);
	ck_assert_uint_eq(d.last->count.bytes, 2);
	ck_assert_uint_eq(d.last->nowns, 2);
	declarations_free(&d);
}
END_TEST

START_TEST(mistakes_are_told_with_their_line)
{
	static const struct {
		const char *text, *error;
	} wrong[] = {
		{ "count 0", "app.model:1: a field before the first type: count" },
		{ "type", "app.model:1: a name is missing: type struct node" },
		{ "from f x\ncount 0", "app.model:1: no size in bytes: x" },
		{ "from f 0\ncount 0", "app.model:1: no size in bytes: 0" },
		{ "from f\ncount 0 3", "app.model:2: after an offset a count has 1, 2, 4 or 8 bytes: 3" },
		{ "from f\ncount 2", "app.model:2: no field of its size lies at that offset: 2" },
		{ "from f\ncount 4\ncount 8", "app.model:3: a type has one count" },
		{ "from f\nweak 8 4", "app.model:2: a pointer has 8 bytes" },
		{ "from f\nweak 99999999999999999999",
		  "app.model:2: no offset in bytes: 99999999999999999999" },
		{ "from f\nweak", "app.model:2: a field is missing: its name, or its offset in bytes" },
		{ "from f\nweak 8 8 8", "app.model:2: too many words" },
		{ "type a\ncount n\nowns n", "app.model:1: one field is declared to be two things: a" },
		{ "from f\ncount 12\nowns 8", "app.model:1: one field is declared to be two things: f" },
		{ "type a\n\ntype b\ncount 0",
		  "app.model:1: nothing is said of it: count, weak and owns do: a" },
	};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct declarations d = { 0 };
		struct err err = { "" };

		ck_assert(take(&d, wrong[i].text, &err));
		ck_assert_str_eq(err.text, wrong[i].error);
		declarations_free(&d);
	}
}
END_TEST

/* Anything may stand in the file. */
START_TEST(noise_is_refused_or_read)
{
	static const char *const words[] = { "type", "from", "count", "weak", "owns", "struct", "8",
					     "0x10", "-1",   "#",     "\n",   "\n",   " ",	"\t" };
	uint64_t state = 0x9e3779b97f4a7c15ULL;

	for (unsigned round = 0; round < 20000; round++) {
		struct declarations d = { 0 };
		struct err err = { "" };
		char text[256] = "";

		for (unsigned i = 0; i < 24; i++) {
			state = state * 6364136223846793005u + 1442695040888963407u;
			strcat(text, words[(state >> 33) % (sizeof words / sizeof *words)]);
			strcat(text, state >> 62 ? " " : "");
		}
		ck_assert(!take(&d, text, &err) || !strncmp(err.text, "app.model:", 10));
		declarations_free(&d);
	}
}
END_TEST

/* Nothing has debug information here: what is declared by type touches no block, and nothing breaks. */
START_TEST(types_that_a_process_has_not_touch_nothing)
{
	struct d_world d;

	d_open(&d, "type struct node\ncount refs\nweak parent\nfrom node_new\ncount 0\n");
	uint64_t left = world_block(&d.w, 32, 1), right = world_block(&d.w, 32, 1);
	world_set(&d.w, left + 8, right);
	world_set(&d.w, right + 24, left);
	d_finish(&d);
	ck_assert_uint_eq(d.counts.objects, 0);
	ck_assert_ptr_null(models_who(&d.models, world_index(&d.w, left)));
	d_close(&d);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_file_declares_types_and_functions,
		mistakes_are_told_with_their_line,
		noise_is_refused_or_read,
		types_that_a_process_has_not_touch_nothing,
	};

	return suite_run("declared", tests, sizeof tests / sizeof *tests);
}
