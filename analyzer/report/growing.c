/* growing.c: places that grow as findings of a report; see growth_find() in growth.h. */
#include "report/growth.h"

#include <stdio.h>
#include <stdlib.h>

static bool is_growing(const struct growth_row *row)
{
	return row->fit == FIT_LINEAR || row->fit == FIT_SLOWING || row->fit == FIT_RISING;
}

static const struct report_growth *describe(const struct growth_process *g, const struct growth_row *row,
					    struct pool *pool)
{
	struct report_growth *out = pool_take(pool, sizeof *out);

	if (out)
		*out = (struct report_growth){ .fit = fit_name(row->fit),
					       .from_bytes = row->at[0].bytes,
					       .to_bytes = row->at[g->nmoments - 1].bytes,
					       .bytes_per_second = row->bytes_per_second,
					       .moments = g->nmoments };
	return out;
}

/* Blocks may have become fewer while their bytes became more: one at least is what it is about. */
static struct sum came_on(const struct growth_process *g, const struct growth_row *row)
{
	uint64_t from = row->at[0].blocks, to = row->at[g->nmoments - 1].blocks;

	return (struct sum){ to > from ? to - from : 1, (uint64_t)row->bytes_grown };
}

static int make_growing(struct report_leak *out, const struct growth_process *g, const struct growth_row *row,
			uint32_t number, struct pool *pool)
{
	*out = (struct report_leak){
		.kind = "growth",
		.class = LEAK_CLASSES,
		.growth = describe(g, row, pool),
		.instances = 1,
		.heads = came_on(g, row),
		.stack = row->stack,
		.type = row->type,
	};
	snprintf(out->id, sizeof out->id, "G%u", number);
	return out->growth && !fingerprint_growth(&out->fingerprint, out->stack, pool) ? 0 : -1;
}

static int take_rows(struct report_process *p, const struct growth_process *g, struct pool *pool)
{
	p->has_growth = true;
	p->nmoments = g->nbefore;
	p->growing = pool_take(pool, g->nrows * sizeof *p->growing);
	if (!p->growing)
		return -1;
	for (uint32_t i = 0; i < g->nrows; i++)
		if (is_growing(&g->rows[i]) &&
		    make_growing(&p->growing[p->ngrowing], g, &g->rows[i], p->ngrowing + 1, pool))
			return -1;
		else
			p->ngrowing += is_growing(&g->rows[i]);
	return 0;
}

int growth_find(struct growth *held, struct report *r, const struct report_options *options, struct err *err)
{
	struct growth_options how = {
		.report = options, .before_end = true, .needs = GROWTH_MOMENTS, .no_paths = true
	};
	char **paths = calloc(r->nprocesses + 1, sizeof *paths);
	int failed = paths ? 0 : fail(err, "out of memory");

	for (uint32_t i = 0; paths && i < r->nprocesses; i++)
		paths[i] = (char *)r->processes[i].trace;
	failed = failed || growth_load(held, paths, &how, err);
	for (uint32_t i = 0; !failed && i < r->nprocesses; i++)
		if (take_rows(&r->processes[i], &held->of[i], &r->pool))
			failed = fail(err, "out of memory");
	free(paths);
	return failed ? -1 : 0;
}
