/* why_json.c: the answer of leakgraph why as leakgraph.why.v1. Fields are only ever added. */
#include "report/json.h"
#include "report/why.h"

static void put_block_fields(struct json *j, const struct why_block *b)
{
	json_put_address(j, "address", b->addr);
	json_put_number(j, "size", b->size);
	json_put_text(j, "class", b->class);
	json_put_text(j, "type", b->type);
	json_put_number(j, "thread", b->thread);
	json_put_bool(j, "reused", b->is_reused);
}

static void put_block(struct json *j, const struct why_block *b)
{
	json_open(j, '{');
	put_block_fields(j, b);
	json_put_text(j, "allocator", b->stack->allocator);
	json_put_stack(j, "stack", b->stack);
	json_close(j, '}');
}

static void put_site(struct json *j, const struct why_block *b)
{
	const struct report_frame *site = stack_site(b->stack);

	json_put_text(j, "function", site ? site->function : NULL);
	json_put_text(j, "file", site ? site->file : NULL);
	json_put_known(j, "line", site ? site->line : 0);
}

static void put_reference(struct json *j, const struct why_reference *r)
{
	json_open_flat(j, '{');
	json_put_text(j, "root", r->root);
	json_put_text(j, "root_kind", r->root_kind);
	if (!r->root) {
		put_block_fields(j, &r->block);
		json_put_number(j, "offset", r->offset);
		json_put_text(j, "field", r->field);
		put_site(j, &r->block);
	}
	json_put_text(j, "reference", r->kind);
	json_put_pair(j, "freed_blocks", "freed_bytes", r->freed);
	json_close(j, '}');
}

static void put_references(struct json *j, const char *key, const struct why_reference *list, uint64_t n)
{
	json_key(j, key);
	json_open(j, '[');
	for (uint64_t i = 0; i < n; i++)
		put_reference(j, &list[i]);
	json_close(j, ']');
}

static void put_leak(struct json *j, const struct why *w)
{
	json_key(j, "leak");
	if (w->leak)
		json_put_leak(j, w->leak);
	else
		json_null(j);
	json_put_bool(j, "shared", w->is_shared);
	json_put_text(j, "fingerprint_algorithm", FINGERPRINT_ALGORITHM);
	json_put_text(j, "fingerprint_text", w->leak ? w->leak->fingerprint.strict_text : NULL);
	json_key(j, "behind");
	json_open(j, '[');
	for (uint32_t i = 0; i < w->nbehind; i++)
		put_block(j, &w->behind[i]);
	json_close(j, ']');
}

static void put_counted(struct json *j, const struct counted *c)
{
	if (c->verdict == COUNT_NONE)
		return;
	json_put_number(j, "count", (uint64_t)c->stored);
	json_put_number(j, "references", c->strong);
	json_put_number(j, "vague_references", c->maybe);
	json_put_text(j, "count_verdict", count_verdict_name(c->verdict));
}

/* A number, or "permanent". */
static void put_generation(struct json *j, int generation)
{
	if (generation == GENERATION_PERMANENT)
		json_put_text(j, "generation", "permanent");
	else if (generation != NO_GENERATION)
		json_put_number(j, "generation", (uint64_t)generation);
}

void why_json(struct buf *out, const struct why *w)
{
	struct json j;

	json_start(&j, out);
	json_open(&j, '{');
	json_put_text(&j, "schema", "leakgraph.why.v1");
	json_put_process_facts(&j, &w->report.processes[0]);
	json_put_notes(&j, &w->report.processes[0]);
	json_key(&j, "block");
	put_block(&j, &w->block);
	json_put_number(&j, "inside", w->inside);
	json_put_pair(&j, "retained_blocks", "retained_bytes", w->retained);
	put_counted(&j, &w->counted);
	put_generation(&j, w->generation);
	put_leak(&j, w);
	json_put_bool(&j, "held", w->has_path);
	put_references(&j, "path", w->steps, w->nsteps);
	json_put_number(&j, "path_length", w->nsteps_all);
	json_put_text(&j, "path_expression", w->expression);
	put_references(&j, "referrers", w->referrers, w->nreferrers);
	json_put_number(&j, "referrer_count", w->nreferrers_all);
	json_put_number(&j, "referrers_left_out", w->nreferrers_all - w->nreferrers);
	put_references(&j, "referents", w->referents, w->nreferents);
	json_put_number(&j, "referent_count", w->nreferents_all);
	json_put_number(&j, "referents_left_out", w->nreferents_all - w->nreferents);
	json_close(&j, '}');
	json_end(&j);
}
