/* json.c: one JSON object a line, each with one key that names what it is: the process, then its leaks, stacks,
 * blocks, references and root words, each group in a fixed order. Field names are those of the report. */
#include "base/json.h"
#include "report/export/export.h"
#include "report/json.h"

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

static void put_stacks_used(struct export *e)
{
	static const char *const keys[][2] = {
		[EXPORT_LIVE] = { "live_blocks", "live_bytes" },
		[EXPORT_LEAKED] = { "lost_blocks", "lost_bytes" },
		[EXPORT_ALLOCATED] = { "allocated_blocks", "allocated_bytes" },
		[EXPORT_PEAK] = { "peak_blocks", "peak_bytes" },
	};
	struct json j;

	for (struct export_use u = { 0 }; export_next(&u, e);) {
		open_line(&j, e, "stack");
		json_open(&j, '{');
		json_put_number(&j, "id", u.stack);
		for (unsigned i = 0; i < EXPORT_VALUE_COUNT; i++)
			json_put_pair(&j, keys[i][0], keys[i][1], u.of[i]);
		json_put_stack(&j, "frames", u.frames);
		json_close(&j, '}');
		close_line(&j, e);
	}
}

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

int export_json(struct export *e, struct err *err)
{
	const struct graph *g = &e->a.graph;

	put_process_line(e);
	put_leaks(e);
	put_stacks_used(e);
	for (uint32_t i = 0; i < e->a.heap.nblocks; i++)
		put_block(e, i);
	for (uint32_t i = 0; g->first && i < e->a.heap.nblocks; i++)
		for (uint64_t k = g->first[i]; k < g->first[i + 1]; k++)
			put_reference(e, i, g->refs[k]);
	for (uint64_t i = 0; i < g->nroot_refs; i++)
		put_root(e, &g->root_refs[i]);
	return e->out.failed ? export_no_memory(e, err) : 0;
}
