/* picture.c: see picture.h. Nodes are chosen nearest first: the way from a root, who refers to the asked block, what it
 * refers to, and on from there; then every reference between chosen nodes is drawn. */
#include "report/picture.h"
#include "report/asked.h"
#include "report/holders.h"
#include "report/moments.h"
#include "report/roots.h"

#include <stdlib.h>
#include <string.h>

#define PATH_SHOWN 12u /* steps next to the block; more are one edge */
#define REFERRERS_SHOWN 10u

struct drawing {
	struct picture *p;
	struct analysis *a;
	struct stack_book book;
	struct pool *pool;
	struct map numbers; /* block + 1 -> node + 1 */
	uint32_t *blocks; /* by node; NO_BLOCK: a root */
	uint32_t edges_room;
	bool is_out_of_memory;
};

/* ---- nodes --------------------------------------------------------------------------------------------- */

static uint32_t node_of(const struct drawing *d, uint32_t block)
{
	return (uint32_t)(uintptr_t)map_get(&d->numbers, (uint64_t)block + 1) - 1;
}

static bool is_drawn(const struct drawing *d, uint32_t block)
{
	return node_of(d, block) != UINT32_MAX;
}

static bool is_full(const struct drawing *d)
{
	return d->p->nnodes == d->p->nnodes_max || d->is_out_of_memory;
}

static void add_block(struct drawing *d, uint32_t block)
{
	const struct block *b = &d->a->heap.blocks[block];
	uint32_t node = d->p->nnodes;

	if (is_full(d) || is_drawn(d, block))
		return;
	d->p->nodes[node] = (struct picture_node){
		.addr = b->addr,
		.size = b->size,
		.type = pool_text(d->pool, models_type(&d->a->models, block)),
		.class = leak_class_name((enum leak_class)d->a->classes.of[block]),
		.stack = stack_book_block(&d->book, &d->a->heap.blocks[graph_place(&d->a->graph, block)]),
	};
	d->blocks[node] = block;
	d->is_out_of_memory |= !d->p->nodes[node].stack ||
			       !map_put(&d->numbers, (uint64_t)block + 1, (void *)((uintptr_t)node + 1));
	d->p->nnodes++;
}

/* Returns its node, or UINT32_MAX. */
static uint32_t add_root(struct drawing *d, const struct root_ref *r)
{
	struct root_name name = root_name(d->pool, d->a, r);

	if (is_full(d))
		return UINT32_MAX;
	d->is_out_of_memory |= !name.text;
	d->p->nodes[d->p->nnodes] =
	    (struct picture_node){ .root = name.text, .class = root_kind_name(name.kind) };
	d->blocks[d->p->nnodes] = NO_BLOCK;
	return d->p->nnodes++;
}

#define EDGES_JOINED 8u /* of a node, the last ones */

/* ---- edges --------------------------------------------------------------------------------------------- */

static struct picture_edge *add_edge(struct drawing *d, uint32_t from, uint32_t to, enum ref_kind kind)
{
	struct picture *p = d->p;

	if (p->nedges == d->edges_room) {
		uint32_t room = d->edges_room ? 2 * d->edges_room : 128;
		struct picture_edge *edges = realloc(p->edges, room * sizeof *edges);
		if (!edges) {
			d->is_out_of_memory = true;
			return NULL;
		}
		p->edges = edges;
		d->edges_room = room;
	}
	p->edges[p->nedges] = (struct picture_edge){ .from = from, .to = to, .kind = kind };
	return &p->edges[p->nedges++];
}

/* The more it owns. */
static unsigned strength(enum ref_kind kind)
{
	return ref_kind_is_strong(kind) ? 3 : (KINDS_INSIDE >> kind & 1) + (KINDS_OWNING >> kind & 1);
}

/* The two words of a shared pointer, and all that one member has to say of a block, are one edge. NULL: it is another. */
static struct picture_edge *edge_like(struct picture *p, uint32_t first, const struct picture_edge *edge)
{
	uint32_t looked_at = 0;

	for (uint32_t i = p->nedges; i-- > first && looked_at++ < EDGES_JOINED;) {
		struct picture_edge *e = &p->edges[i];

		if (e->to == edge->to && (e->offset + 8 == edge->offset ||
					  (e->field && edge->field && !strcmp(e->field, edge->field))))
			return e;
	}
	return NULL;
}

/* An edge out of the node whose edges begin at `first`: the strongest of its words tells what it is. */
static void draw_reference(struct drawing *d, uint32_t first, struct picture_edge edge)
{
	struct picture_edge *like = edge_like(d->p, first, &edge), *new = NULL;

	if (like && strength(edge.kind) > strength(like->kind)) {
		like->kind = edge.kind;
		like->offset = edge.offset;
	}
	if (!like)
		new = add_edge(d, edge.from, edge.to, edge.kind);
	if (new)
		*new = edge;
}

static void draw_references(struct drawing *d, uint32_t node)
{
	const struct graph *g = &d->a->graph;
	uint32_t block = d->blocks[node], first = d->p->nedges;
	char field[REPORT_FIELD_MAX];

	for (uint64_t e = g->first[block]; e < g->first[block + 1]; e++) {
		struct ref r = g->refs[e];

		if (!is_drawn(d, r.to)) {
			d->p->nodes[node].hidden += e == g->first[block] || g->refs[e - 1].to != r.to;
			continue;
		}
		bool is_named = models_field(&d->a->models, block, ref_offset(r), field, sizeof field);
		draw_reference(d, first,
			       (struct picture_edge){ .from = node,
						      .to = node_of(d, r.to),
						      .offset = ref_offset(r),
						      .field = is_named ? pool_text(d->pool, field) : NULL,
						      .kind = ref_kind(r) });
	}
}

static void mark_break(struct drawing *d, const struct leak *leak)
{
	if (!leak || leak->kind != CLASS_CYCLE || leak->break_edge >= leak->nedges)
		return;
	const struct cycle_edge *cut = &leak->edges[leak->break_edge];
	for (uint32_t i = 0; i < d->p->nedges; i++) {
		struct picture_edge *e = &d->p->edges[i];
		e->is_break |= d->blocks[e->from] == cut->from && d->blocks[e->to] == cut->to &&
			       (e->offset == cut->offset || e->offset + 8 == cut->offset);
	}
}

/* ---- what is near -------------------------------------------------------------------------------------- */

static int draw_path(struct drawing *d, uint32_t block, struct err *err)
{
	struct path path;

	if (path_from_root(&path, &d->a->graph, block, err))
		return -1;
	uint32_t skipped = path.nsteps > PATH_SHOWN ? path.nsteps - PATH_SHOWN : 0;
	uint32_t root = path.found ? add_root(d, &path.root) : UINT32_MAX;
	for (uint32_t i = skipped; path.found && i < path.nsteps; i++)
		add_block(d, path.steps[i]);
	if (root != UINT32_MAX && is_drawn(d, path.steps[skipped])) {
		struct picture_edge *e =
		    add_edge(d, root, node_of(d, path.steps[skipped]), (enum ref_kind)path.root.kind);
		if (e && skipped)
			e->field = pool_print(d->pool, "%u more blocks", skipped);
	}
	path_free(&path);
	return 0;
}

static int draw_referrers(struct drawing *d, uint32_t block, struct err *err)
{
	struct referrers found;

	if (find_referrers(&found, &d->a->graph, block, err))
		return -1;
	for (uint64_t i = 0; i < found.nroots && i < REFERRERS_SHOWN; i++) {
		const struct root_ref *word = &d->a->graph.root_refs[found.roots[i]];
		bool is_path = d->p->nedges && d->blocks[d->p->edges[0].from] == NO_BLOCK &&
			       d->p->edges[0].to == node_of(d, block) && !i;
		uint32_t root = is_path ? UINT32_MAX : add_root(d, word);
		if (root != UINT32_MAX)
			add_edge(d, root, node_of(d, block), (enum ref_kind)word->kind);
	}
	for (uint64_t i = 0; i < found.nblocks && i < REFERRERS_SHOWN; i++)
		add_block(d, found.blocks[i].from);
	referrers_free(&found);
	return 0;
}

/* From the nodes that are there on, breadth first. */
static void draw_referents(struct drawing *d, uint32_t from_node)
{
	const struct graph *g = &d->a->graph;

	for (uint32_t node = from_node; node < d->p->nnodes && !is_full(d); node++)
		for (uint64_t e = d->blocks[node] == NO_BLOCK ? 0 : g->first[d->blocks[node]];
		     d->blocks[node] != NO_BLOCK && e < g->first[d->blocks[node] + 1]; e++)
			add_block(d, g->refs[e].to);
}

static void draw_all_references(struct drawing *d)
{
	for (uint32_t i = 0; i < d->p->nnodes; i++)
		if (d->blocks[i] != NO_BLOCK)
			draw_references(d, i);
}

static int draw(struct drawing *d, const struct asked *asked, struct err *err)
{
	bool is_held = d->a->classes.of[asked->block] > CLASS_INDIRECT;

	if (is_held && draw_path(d, asked->block, err))
		return -1;
	add_block(d, asked->block);
	if (!is_drawn(d, asked->block))
		return fail(err, "the picture has no room for the block: --max-nodes is too small");
	uint32_t node = node_of(d, asked->block);
	d->p->nodes[node].is_asked = true;
	if (asked->leak && asked->leak->kind == CLASS_CYCLE)
		for (uint32_t i = 0; i < asked->leak->members; i++)
			add_block(d, asked->leak->blocks[i]);
	else if (draw_referrers(d, asked->block, err))
		return -1;
	draw_referents(d, node);
	draw_all_references(d);
	mark_break(d, asked->leak);
	return 0;
}

/* One instance of each leak, the way to what the heaviest holders keep most of, and on from these. */
static int draw_whole(struct drawing *d, struct err *err)
{
	const struct leak_set *set = &d->a->leaks;
	struct holders h;
	int failed = holders_find_variables(&h, d->a, err);

	for (uint32_t i = 0; !failed && i < set->nleaks; i++)
		for (uint32_t k = 0; k < (set->leaks[i].members ? set->leaks[i].members : 1); k++)
			add_block(d, set->leaks[i].blocks[k]);
	for (uint32_t i = 0; !failed && i < h.nheaviest; i++)
		failed = draw_path(d, h.at[h.heaviest[i]].main_block, err);
	holders_free(&h);
	if (failed)
		return -1;
	draw_referents(d, 0);
	draw_all_references(d);
	for (uint32_t i = 0; i < set->nleaks; i++)
		mark_break(d, &set->leaks[i]);
	return 0;
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

/* The first leak, else the block by which the heaviest holder keeps most. */
static int choose(struct asked *out, struct analysis *a, struct err *err)
{
	struct holders h;

	if (a->leaks.nleaks)
		return asked_find(out, a, "L1", err);
	if (holders_find_variables(&h, a, err))
		return -1;
	*out = (struct asked){ .block = h.nheaviest ? h.at[h.heaviest[0]].main_block : NO_BLOCK };
	holders_free(&h);
	return out->block == NO_BLOCK ? fail(err, "%s has no live block to draw", a->trace.path) : 0;
}

static int take_paper(struct drawing *d, struct err *err)
{
	d->p->nodes = calloc((size_t)d->p->nnodes_max + 1, sizeof *d->p->nodes);
	d->blocks = calloc((size_t)d->p->nnodes_max + 1, sizeof *d->blocks);
	return d->p->nodes && d->blocks ? 0 : fail(err, "out of memory");
}

static int make(struct drawing *d, const char *what, const struct report_options *options, struct err *err)
{
	struct picture *p = d->p;
	struct asked asked;

	if (report_one(&p->report, d->a, &d->book, options, err))
		return -1;
	if (!d->a->is_judged)
		return fail(err,
			    d->a->heap.nblocks
				? "%s ends without a snapshot, so nothing is known of references"
				: "%s has no live block to draw",
			    d->a->trace.path);
	if (what ? asked_find(&asked, d->a, what, err) : choose(&asked, d->a, err))
		return -1;
	if (take_paper(d, err))
		return -1;
	int failed = draw(d, &asked, err);
	return !failed && d->is_out_of_memory ? fail(err, "out of memory") : failed;
}

int picture_load(struct picture *p, const char *path, const char *what, const struct report_options *options,
		 uint32_t max_nodes, struct err *err)
{
	struct analysis a;
	struct ancestry ancestry = { 0 };
	struct drawing d = { .p = p, .a = &a, .book = { .pool = &p->report.pool }, .pool = &p->report.pool };

	p->nnodes_max = max_nodes;
	int failed =
	    moment_open_named(&a, path, &ancestry, &options->analysis, err) || make(&d, what, options, err);
	stack_book_free(&d.book);
	map_free(&d.numbers);
	free(d.blocks);
	analysis_close(&a);
	ancestry_close(&ancestry);
	return failed ? -1 : 0;
}

int picture_whole(struct picture *p, struct analysis *a, const struct report_options *options,
		  uint32_t max_nodes, struct err *err)
{
	struct drawing d = { .p = p, .a = a, .book = { .pool = &p->report.pool }, .pool = &p->report.pool };

	p->nnodes_max = max_nodes;
	int failed = report_one(&p->report, a, &d.book, options, err) || take_paper(&d, err) ||
		     (a->is_judged && draw_whole(&d, err));
	if (!failed && d.is_out_of_memory)
		failed = fail(err, "out of memory");
	stack_book_free(&d.book);
	map_free(&d.numbers);
	free(d.blocks);
	return failed ? -1 : 0;
}

void picture_free(struct picture *p)
{
	free(p->nodes);
	free(p->edges);
	report_free(&p->report);
	*p = (struct picture){ 0 };
}
