/* growth_json.c: growth as leakgraph.growth.v1. Fields are only ever added. */
#include "report/growth.h"

#include "report/json.h"

static void put_sums(struct json *j, const char *key, const struct sum *sums, uint32_t n)
{
	json_key(j, key);
	json_open(j, '[');
	for (uint32_t i = 0; i < n; i++)
		json_sum(j, sums[i]);
	json_close(j, ']');
}

static void put_moment(struct json *j, const struct growth_moment *m)
{
	json_open_flat(j, '{');
	json_put_number(j, "number", m->number);
	json_put_text(j, "what", m->what);
	json_put_text(j, "name", m->name);
	json_put_known(j, "snapshot", m->snapshot);
	json_put_number(j, "events", m->events);
	json_put_number(j, "since_ns", m->since_ns);
	json_put_pair(j, "live_blocks", "live_bytes", m->live);
	json_close(j, '}');
}

static void put_newest(struct json *j, const struct growth_row *row)
{
	const struct why *w = &row->newest;

	json_key(j, "newest");
	if (!row->has_newest) {
		json_null(j);
		return;
	}
	json_open(j, '{');
	json_put_address(j, "address", w->block.addr);
	json_put_number(j, "bytes", w->block.size);
	json_put_text(j, "class", w->block.class);
	json_put_text(j, "root", w->has_path ? w->steps[0].root : NULL);
	json_put_text(j, "root_kind", w->has_path ? w->steps[0].root_kind : NULL);
	json_put_text(j, "path_expression", w->expression);
	json_put_number(j, "path_length", w->nsteps_all);
	json_close(j, '}');
}

static void put_row(struct json *j, const struct growth_process *p, const struct growth_row *row)
{
	uint64_t grown = (uint64_t)row->bytes_grown;

	json_open(j, '{');
	json_put_text(j, "type", row->type);
	json_put_number(j, "grown_bytes", row->bytes_grown > 0 ? grown : 0);
	json_put_number(j, "shrunk_bytes", row->bytes_grown < 0 ? -grown : 0);
	json_put_number(j, "bytes_per_second", row->bytes_per_second);
	json_put_text(j, "fit", fit_name(row->fit));
	put_sums(j, "at", row->at, p->nmoments);
	put_sums(j, "survivors", row->survived, p->nmoments);
	put_newest(j, row);
	json_put_stack(j, "stack", row->stack);
	json_close(j, '}');
}

static void put_growth(struct json *j, const struct growth_process *p)
{
	json_open(j, '{');
	json_put_process_facts(j, &p->report.processes[0]);
	json_put_verdict(j, &p->report.processes[0]);
	json_put_notes(j, &p->report.processes[0]);
	json_put_number(j, "duration_ns", p->duration_ns);
	json_key(j, "moments");
	json_open(j, '[');
	for (uint32_t i = 0; i < p->nmoments; i++)
		put_moment(j, &p->moments[i]);
	json_close(j, ']');
	json_key(j, "places");
	json_open(j, '[');
	for (uint32_t i = 0; i < p->nrows; i++)
		put_row(j, p, &p->rows[i]);
	json_close(j, ']');
	json_close(j, '}');
}

void growth_json(struct buf *out, const struct growth *g)
{
	struct json j;

	json_start(&j, out);
	json_open(&j, '{');
	json_put_text(&j, "schema", "leakgraph.growth.v1");
	json_key(&j, "processes");
	json_open(&j, '[');
	for (uint32_t i = 0; i < g->n; i++)
		put_growth(&j, &g->of[i]);
	json_close(&j, ']');
	json_close(&j, '}');
	json_end(&j);
}
