/* json.c: one JSON object a line, each with one key that names what it is: the process, then its leaks, stacks,
 * blocks, references and root words, each group in a fixed order. Field names are those of the report.
 *
 * A program may have a hundred thousand stacks of fifty frames, most of them of blocks that are long freed: which of
 * them have their frames, and how, is what export_options.frames says. */
#include "base/json.h"
#include "base/sort.h"
#include "report/export/export.h"
#include "report/json.h"

#include <stdlib.h>

/* {"KEY": { ... */
static void open_line(struct json *j, struct export *e, const char *key)
{
	json_start(j, &e->out);
	json_open_flat(j, '{');
	json_key(j, key);
}

static void close_line(struct json *j, struct export *e)
{
	json_close(j, '}');
	json_end(j);
	export_flush(e);
}

static void put_process_line(struct export *e)
{
	struct json j;

	open_line(&j, e, "process");
	json_open(&j, '{');
	json_put_text(&j, "schema", "leakgraph.export.v1");
	json_put_process_facts(&j, e->process);
	json_put_verdict(&j, e->process);
	json_put_bool(&j, "judged", e->a.is_judged);
	json_put_number(&j, "stacks_without_frames", e->nframeless);
	json_close(&j, '}');
	close_line(&j, e);
}

static void put_leaks(struct export *e)
{
	struct json j;

	for (uint32_t i = 0; i < e->process->nleaks; i++) {
		open_line(&j, e, "leak");
		json_put_leak(&j, &e->process->leaks[i]);
		close_line(&j, e);
	}
}

/* ---- stacks -------------------------------------------------------------------------------------------- */

struct stacks {
	struct export *e;
	uint8_t *has_frames; /* by stack; NULL: all have */
	struct export_frames_book frames; /* TABLE */
};

/* Those of which nothing lives, heaviest first, with more bytes allocated as the smaller key. */
static uint32_t list_dead(const struct export *e, uint8_t *has_frames, struct sort_pair *dead)
{
	uint32_t n = 0;

	for (struct export_use u = { 0 }; export_next_frameless(&u, e);)
		if (u.of[EXPORT_LIVE].blocks)
			has_frames[u.stack] = 1;
		else
			dead[n++] = (struct sort_pair){ ~u.of[EXPORT_ALLOCATED].bytes, u.stack };
	return n;
}

/* 0, or -1: not enough memory. */
static int choose_stacks(struct stacks *s)
{
	struct export *e = s->e;

	if (e->options->frames != EXPORT_FRAMES_LIVE)
		return 0;
	struct sort_pair *dead = malloc(((size_t)e->a.trace.nnodes + 1) * sizeof *dead);
	s->has_frames = calloc((size_t)e->a.trace.nnodes + 1, 1);
	uint32_t n = dead && s->has_frames ? list_dead(e, s->has_frames, dead) : 0;
	int failed = !dead || !s->has_frames || sort_pairs(dead, n);
	for (uint32_t i = 0; !failed && i < n && i < EXPORT_HEAVIEST; i++)
		s->has_frames[dead[i].value] = 1;
	e->nframeless = n > EXPORT_HEAVIEST ? n - EXPORT_HEAVIEST : 0;
	free(dead);
	return failed ? -1 : 0;
}

static void put_frame(struct export *e, uint32_t number, const struct report_frame *f)
{
	struct json j;

	open_line(&j, e, "frame");
	json_open(&j, '{');
	json_put_number(&j, "id", number);
	json_put_frame_facts(&j, f);
	json_close(&j, '}');
	close_line(&j, e);
}

/* Writes those that are new. */
static void number_frames(struct stacks *s, const struct report_stack *stack)
{
	uint32_t known = s->frames.texts.n;

	if (!export_number_frames(s->e, &s->frames, stack))
		return;
	for (uint32_t i = 0; i < stack->nframes; i++)
		if (s->frames.numbers[i] == known) {
			put_frame(s->e, known, &stack->frames[i]);
			known++;
		}
}

static void put_frame_numbers(struct json *j, const struct stacks *s, const struct report_stack *stack)
{
	json_key(j, "frames");
	json_open(j, '[');
	for (uint32_t i = 0; stack && i < stack->nframes; i++)
		json_number(j, s->frames.numbers[i]);
	json_close(j, ']');
}

static void put_frames(struct json *j, struct stacks *s, const struct report_stack *stack)
{
	static const struct report_stack without = { 0 };

	if (s->e->options->frames == EXPORT_FRAMES_TABLE)
		put_frame_numbers(j, s, stack);
	else
		json_put_stack(j, "frames", stack ? stack : &without);
	json_put_bool(j, "frames_left_out", !stack);
}

static void put_stack(struct stacks *s, const struct export_use *u)
{
	static const char *const keys[][2] = {
		[EXPORT_LIVE] = { "live_blocks", "live_bytes" },
		[EXPORT_LEAKED] = { "lost_blocks", "lost_bytes" },
		[EXPORT_ALLOCATED] = { "allocated_blocks", "allocated_bytes" },
		[EXPORT_PEAK] = { "peak_blocks", "peak_bytes" },
	};
	struct json j;

	open_line(&j, s->e, "stack");
	json_open(&j, '{');
	json_put_number(&j, "id", u->stack);
	for (unsigned i = 0; i < EXPORT_VALUE_COUNT; i++)
		json_put_pair(&j, keys[i][0], keys[i][1], u->of[i]);
	put_frames(&j, s, u->frames);
	json_close(&j, '}');
	close_line(&j, s->e);
}

static void put_stacks_used(struct stacks *s)
{
	for (struct export_use u = { 0 }; export_next_frameless(&u, s->e);) {
		bool has_frames = !s->has_frames || s->has_frames[u.stack];

		u.frames = has_frames ? export_stack(s->e, u.stack) : NULL;
		if (has_frames && !u.frames)
			return; /* out has failed */
		if (s->e->options->frames == EXPORT_FRAMES_TABLE)
			number_frames(s, u.frames);
		put_stack(s, &u);
	}
}

/* ---- blocks -------------------------------------------------------------------------------------------- */

static void put_block(struct export *e, uint32_t block)
{
	const struct block *b = &e->a.heap.blocks[block];
	bool has_leak = e->leak_of && e->leak_of[block] != NO_LEAK;
	struct json j;

	open_line(&j, e, "block");
	json_open(&j, '{');
	json_put_number(&j, "id", b->birth);
	json_put_address(&j, "address", b->addr);
	json_put_number(&j, "size", b->size);
	json_put_text(&j, "class", export_class(e, block));
	json_put_text(&j, "leak", has_leak ? e->process->leaks[e->leak_of[block]].id : NULL);
	json_put_text(&j, "type", models_type(&e->a.models, block));
	json_put_text(&j, "allocator", report_entry_name(b->entry));
	json_put_number(&j, "stack", export_stack_id(e, block));
	json_put_number(&j, "thread", b->thread);
	json_close(&j, '}');
	close_line(&j, e);
}

static void put_reference(struct export *e, uint32_t block, struct ref ref)
{
	char field[REPORT_FIELD_MAX];
	bool is_known = models_field(&e->a.models, block, ref_offset(ref), field, sizeof field);
	struct json j;

	open_line(&j, e, "reference");
	json_open(&j, '{');
	json_put_number(&j, "from", e->a.heap.blocks[block].birth);
	json_put_number(&j, "to", e->a.heap.blocks[ref.to].birth);
	json_put_number(&j, "offset", ref_offset(ref));
	json_put_text(&j, "field", is_known ? field : NULL);
	json_put_text(&j, "reference", ref_kind_name(ref_kind(ref)));
	json_close(&j, '}');
	close_line(&j, e);
}

static void put_root(struct export *e, const struct root_ref *r)
{
	const struct root_region *region = &e->a.graph.regions[r->region];
	struct json j;

	open_line(&j, e, "root");
	json_open(&j, '{');
	json_put_text(&j, "root", export_root(e, r));
	json_put_text(&j, "root_kind", root_kind_name(region->kind));
	json_put_address(&j, "address", r->at);
	json_put_number(&j, "to", e->a.heap.blocks[r->to].birth);
	json_put_text(&j, "reference", ref_kind_name((enum ref_kind)r->kind));
	json_close(&j, '}');
	close_line(&j, e);
}

static void put_graph(struct export *e)
{
	const struct graph *g = &e->a.graph;

	for (uint32_t i = 0; i < e->a.heap.nblocks; i++)
		put_block(e, i);
	for (uint32_t i = 0; g->first && i < e->a.heap.nblocks; i++)
		for (uint64_t k = g->first[i]; k < g->first[i + 1]; k++)
			put_reference(e, i, g->refs[k]);
	for (uint64_t i = 0; i < g->nroot_refs; i++)
		put_root(e, &g->root_refs[i]);
}

int export_json(struct export *e, struct err *err)
{
	struct stacks stacks = { .e = e };

	e->out.failed |= choose_stacks(&stacks) != 0;
	put_process_line(e);
	put_leaks(e);
	if (!e->out.failed)
		put_stacks_used(&stacks);
	put_graph(e);
	free(stacks.has_frames);
	export_frames_free(&stacks.frames);
	return e->out.failed ? export_no_memory(e, err) : 0;
}
