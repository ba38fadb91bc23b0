/* json.c: see report/json.h; the field names are those of leakgraph-report(1). */
#include "report/json.h"

#include "report/suppressions.h"

#include <string.h>

/* ---- leaks --------------------------------------------------------------------------------------------- */

static void put_edge(struct json *j, const struct report_edge *e)
{
	json_open_flat(j, '{');
	json_put_address(j, "from", e->from);
	json_put_address(j, "to", e->to);
	json_put_number(j, "offset", e->offset);
	json_put_text(j, "field", e->field);
	json_put_text(j, "from_type", e->from_type);
	json_put_text(j, "to_type", e->to_type);
	json_put_bool(j, "inner", e->is_inner);
	json_put_bool(j, "from_reused", e->from_is_reused);
	json_put_bool(j, "suggested_break", e->break_reason);
	if (e->break_reason) {
		json_put_bool(j, "break_by_name", e->break_reason & BREAK_NAME);
		json_put_bool(j, "break_by_age", e->break_reason & BREAK_AGE);
		json_put_bool(j, "break_opens_all", e->break_reason & BREAK_ALL);
		json_put_text(j, "break_with", e->break_with);
	}
	json_close(j, '}');
}

static void put_cycle(struct json *j, const struct report_leak *leak)
{
	json_key(j, "cycle");
	json_open(j, '{');
	json_put_number(j, "length", leak->cycle_length);
	json_put_number(j, "members", leak->members);
	json_key(j, "edges");
	json_open(j, '[');
	for (uint32_t i = 0; i < leak->nedges; i++)
		put_edge(j, &leak->edges[i]);
	json_close(j, ']');
	json_close(j, '}');
}

static void put_numbers(struct json *j, const struct report_leak *leak)
{
	json_put_number(j, "instances", leak->instances);
	json_put_pair(j, "blocks", "bytes", leak->heads);
	json_put_pair(j, "indirect_blocks", "indirect_bytes", leak->indirect);
	json_put_number(j, "retained_bytes", leak->retained_bytes);
	json_put_text(j, "type", leak->type);
	json_key(j, "sizes");
	json_open_flat(j, '[');
	for (uint32_t i = 0; i < leak->nsizes; i++)
		json_number(j, leak->sizes[i]);
	json_close(j, ']');
	json_put_addresses(j, leak->addresses, leak->naddresses);
}

static const char *baseline_state_name(enum baseline_state state)
{
	static const char *const names[] = {
#define X(name, text) text,
		LG_BASELINE_STATES(X)
#undef X
	};

	return names[state];
}

/* What a gate knows a finding by, and what was said of it. */
static void put_identity(struct json *j, const struct fingerprint *f, enum baseline_state baseline,
			 bool is_unsteady, const char *suppressed_by)
{
	json_put_text(j, "fingerprint", f->strict);
	json_put_text(j, "fingerprint_loose", f->loose);
	if (baseline)
		json_put_text(j, "baseline", baseline_state_name(baseline));
	if (is_unsteady)
		json_put_bool(j, "in_every_run", false);
	if (suppressed_by)
		json_put_text(j, "suppressed_by", suppressed_by);
}

static void put_growth(struct json *j, const struct report_growth *g)
{
	json_put_text(j, "fit", g->fit);
	json_put_number(j, "from_bytes", g->from_bytes);
	json_put_number(j, "to_bytes", g->to_bytes);
	json_put_number(j, "bytes_per_second", g->bytes_per_second);
	json_put_number(j, "moments", g->moments);
}

void json_put_leak(struct json *j, const struct report_leak *leak)
{
	json_open(j, '{');
	if (*leak->id)
		json_put_text(j, "id", leak->id);
	json_put_text(j, "kind", leak->kind);
	put_identity(j, &leak->fingerprint, leak->baseline, leak->is_unsteady, leak->suppressed_by);
	put_numbers(j, leak);
	if (leak->growth)
		put_growth(j, leak->growth);
	if (leak->is_counted) {
		json_put_number(j, "count", leak->count);
		json_put_number(j, "references", leak->references);
		json_put_text(j, "verdict", leak->verdict);
	}
	json_put_text(j, "allocator", leak->stack->allocator);
	json_put_stack(j, "stack", leak->stack);
	json_put_bool(j, "reused", leak->is_reused);
	json_put_bool(j, "stack_cut", leak->stack->is_cut);
	if (leak->class == CLASS_CYCLE)
		put_cycle(j, leak);
	json_close(j, '}');
}

static void put_leaks(struct json *j, const char *key, const struct report_leak *leaks, uint32_t n)
{
	json_key(j, key);
	json_open(j, '[');
	for (uint32_t i = 0; i < n; i++)
		json_put_leak(j, &leaks[i]);
	json_close(j, ']');
}

/* ---- heap errors --------------------------------------------------------------------------------------- */

static void put_block(struct json *j, const struct report_error *e)
{
	if (!e->has_block) {
		json_put_text(j, "block", NULL);
		return;
	}
	json_key(j, "block");
	json_open(j, '{');
	json_put_address(j, "address", e->block);
	json_put_number(j, "size", e->block_size);
	json_put_known(j, "alignment", e->block_alignment);
	json_put_text(j, "allocator", e->allocation->allocator);
	json_close(j, '}');
}

static void put_error(struct json *j, const struct report_error *e)
{
	json_open(j, '{');
	json_put_text(j, "id", e->id);
	json_put_text(j, "kind", heap_error_name(e->kind));
	put_identity(j, &e->fingerprint, e->baseline, e->is_unsteady, e->suppressed_by);
	json_put_number(j, "instances", e->instances);
	json_put_address(j, "address", e->address);
	json_put_number(j, "thread", e->thread);
	json_put_text(j, "call", e->call);
	json_put_known(j, "size", e->size);
	json_put_known(j, "alignment", e->alignment);
	put_block(j, e);
	json_put_stack(j, "stack", e->stack);
	json_put_stack(j, "first_free_stack", e->first_free);
	json_put_stack(j, "allocation_stack", e->allocation);
	json_close(j, '}');
}

static void put_errors(struct json *j, const char *key, const struct report_error *errors, uint32_t n)
{
	json_key(j, key);
	json_open(j, '[');
	for (uint32_t i = 0; i < n; i++)
		put_error(j, &errors[i]);
	json_close(j, ']');
}

/* ---- processes ----------------------------------------------------------------------------------------- */

static void put_totals(struct json *j, const struct report_process *p)
{
	json_key(j, "totals");
	json_open(j, '{');
	json_put_number(j, "allocations", p->totals.allocations);
	json_put_number(j, "frees", p->totals.frees);
	json_put_number(j, "allocated_bytes", p->totals.allocated_bytes);
	json_put_number(j, "live_blocks", p->totals.live_blocks);
	json_put_number(j, "live_bytes", p->totals.live_bytes);
	json_put_number(j, "pooled_blocks", p->totals.pooled_blocks);
	json_put_number(j, "pooled_bytes", p->totals.pooled_bytes);
	json_put_number(j, "peak_blocks", p->totals.peak_blocks);
	json_put_number(j, "peak_bytes", p->totals.peak_bytes);
	json_put_number(j, "events_lost", p->events_lost);
	json_put_number(j, "unknown_frees", p->totals.unknown_frees);
	json_put_number(j, "implied_frees", p->totals.implied_frees);
	json_put_number(j, "threads", p->threads);
	json_put_number(j, "duration_ns", p->duration_ns);
	json_put_number(j, "recorder_cpu_ns", p->recorder_cpu_ns);
	json_close(j, '}');
}

static void put_summary(struct json *j, const struct report_process *p)
{
	json_key(j, "summary");
	json_open(j, '{');
	for (unsigned class = 0; class < LEAK_CLASSES; class ++)
		json_put_sum(j, leak_class_name((enum leak_class) class), p->sums[class]);
	json_put_sum(j, "suppressed", p->suppressed_sum);
	json_put_sum(j, "unjudged", p->unjudged);
	json_close(j, '}');
}

static void put_holders(struct json *j, const struct report_process *p)
{
	json_key(j, "roots");
	json_open(j, '[');
	for (uint32_t i = 0; i < p->nholders; i++) {
		const struct report_holder *h = &p->holders[i];

		json_open(j, '{');
		json_put_text(j, "root", h->text);
		json_put_text(j, "root_kind", h->kind);
		json_put_pair(j, "retained_blocks", "retained_bytes", h->retained);
		json_put_sum(j, "main_place", h->main);
		json_put_text(j, "main_type", h->main_type);
		json_put_number(j, "bytes_per_second", h->bytes_per_second);
		json_put_stack(j, "main_stack", h->main_stack);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void put_counted(struct json *j, const struct report_counted *c)
{
	json_open(j, '{');
	json_put_text(j, "verdict", c->verdict);
	json_put_text(j, "type", c->type);
	json_put_number(j, "objects", c->objects);
	json_put_number(j, "references", c->references);
	json_put_number(j, "reachable_objects", c->reachable);
	json_put_pair(j, "retained_blocks", "retained_bytes", c->retained);
	json_put_addresses(j, c->addresses, c->naddresses);
	json_put_stack(j, "stack", c->stack);
	json_put_bool(j, "reused", c->is_reused);
	json_close(j, '}');
}

static void put_counts(struct json *j, const struct report_counts *c)
{
	json_key(j, "counts");
	json_open(j, '{');
	json_put_number(j, "objects", c->objects);
	json_put_number(j, "exact", c->exact);
	json_put_number(j, "within", c->within);
	json_put_number(j, "surplus", c->surplus);
	json_put_number(j, "deficit", c->deficit);
	json_close(j, '}');
	json_key(j, "leaked_references");
	json_open(j, '[');
	for (uint32_t i = 0; i < c->nfound; i++)
		put_counted(j, &c->found[i]);
	json_close(j, ']');
}

static void put_told_of(struct json *j, const struct report_told *t)
{
	json_key(j, "told");
	json_open(j, '{');
	json_put_sum(j, "ignored", t->ignored);
	json_put_number(j, "root_regions", t->root_regions);
	json_put_number(j, "weak_ranges", t->weak_ranges);
	json_put_number(j, "typed_blocks", t->typed_blocks);
	json_put_number(j, "watched_blocks", t->watched_blocks);
	json_put_sum(j, "left_out", t->left_out);
	json_put_number(j, "pools", t->pools);
	json_put_sum(j, "pool_members", t->members);
	json_close(j, '}');
}

static void put_image(struct json *j, const struct report_process *p)
{
	json_open(j, '{');
	json_put_process_facts(j, p);
	json_put_verdict(j, p);
	put_totals(j, p);
	put_summary(j, p);
	put_told_of(j, &p->told);
	put_leaks(j, "leaks", p->leaks, p->nleaks);
	if (p->nplaces)
		put_leaks(j, p->is_judged ? "reachable" : "live_at_end", p->places, p->nplaces);
	put_leaks(j, "suppressed", p->suppressed, p->nsuppressed);
	put_holders(j, p);
	put_counts(j, &p->counts);
	put_errors(j, "heap_errors", p->errors, p->nerrors);
	put_errors(j, "suppressed_heap_errors", p->suppressed_errors, p->nsuppressed_errors);
	if (p->has_growth) {
		json_put_number(j, "growth_moments", p->nmoments);
		put_leaks(j, "growth", p->growing, p->ngrowing);
	}
	json_put_notes(j, p);
	json_close(j, '}');
}

static void put_suppressions(struct json *j, const struct suppressions *s)
{
	json_key(j, "suppressions");
	json_open(j, '[');
	for (uint32_t i = 0; i < s->n; i++) {
		const struct suppression *p = &s->at[i];

		if (!p->uses && !strcmp(p->file, SUPPRESSIONS_BUILT_IN))
			continue;
		json_open_flat(j, '{');
		json_put_text(j, "name", p->name);
		json_put_text(j, "file", p->file);
		json_put_number(j, "line", p->line);
		json_put_number(j, "leaks", p->uses);
		json_put_pair(j, "blocks", "bytes", p->used);
		json_put_text(j, "expires", p->expires);
		json_put_bool(j, "expired", p->is_expired);
		json_put_bool(j, "over_its_bound", p->is_over);
		json_close(j, '}');
	}
	json_close(j, ']');
}

void report_json(struct buf *out, const struct report *r)
{
	struct json j;

	json_start(&j, out);
	json_open(&j, '{');
	json_put_text(&j, "schema", "leakgraph.report.v1");
	json_put_text(&j, "version", r->version);
	json_key(&j, "processes");
	json_open(&j, '[');
	for (uint32_t i = 0; i < r->nprocesses; i++)
		put_image(&j, &r->processes[i]);
	json_close(&j, ']');
	if (r->suppressions)
		put_suppressions(&j, r->suppressions);
	json_close(&j, '}');
	json_end(&j);
}
