/* heapsnapshot.c: the heap snapshot of V8, which Chrome's DevTools and memlab open: blocks are nodes, references
 * are edges. Three flat arrays: seven numbers a node, three an edge, and the strings that both name.
 *
 * First come the nodes that are no blocks. The top one leads to "(GC roots)", that to a node for each kind of root, these
 * to their regions; and to "(UNREACHABLE)", that to a node for each leak, these to the oldest block of each instance.
 * Blocks follow by address. Edges stand in the order of the nodes that they leave; what owns nothing is a weak edge. */
#include "base/json.h"
#include "names/store.h"
#include "report/export/export.h"
#include "report/roots.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODE_FIELDS 7u
enum { NODE_NATIVE = 8, NODE_SYNTHETIC = 9 }; /* places in node_types[0] */
enum { EDGE_ELEMENT = 1, EDGE_PROPERTY = 2, EDGE_WEAK = 6 }; /* places in edge_types[0] */

#define NAME_TEXT 1024u

/* A node that is no block. */
struct group {
	uint32_t name;
	uint64_t nedges;
};

struct snapshot {
	struct export *e;
	struct texts strings;
	uint32_t *names; /* by stack id: what blocks without a type are called; NO_TEXT: not met */
	struct group *groups; /* the first GROUPS_FIXED, then kinds of roots, regions, leaks, remarks */
	uint32_t ngroups;
	uint32_t nkinds, nregions, nleaks, nremarks;
	bool has_items; /* in the array that is being written */
};
enum { GROUP_TOP, GROUP_ROOTS, GROUP_LOST, GROUPS_FIXED };

/* ---- names ------------------------------------------------------------------------------------------------- */

static uint32_t string_of(struct snapshot *s, const char *text)
{
	uint32_t known = s->strings.n, number = text ? texts_number(&s->strings, text) : NO_TEXT;

	if (number == known)
		s->strings.at[known] = pool_text(&s->e->report.pool, text);
	s->e->out.failed |= number == NO_TEXT || !s->strings.at[number];
	return number;
}

/* "make app.c:12" */
static uint32_t place_name(struct snapshot *s, uint32_t stack)
{
	const struct report_stack *frames = export_stack(s->e, stack);
	const struct report_frame *site = frames ? stack_site(frames) : NULL;
	const char *function = site ? export_function(s->e, site) : "[unknown]";
	char text[NAME_TEXT];

	if (!site || !function || !site->file || !site->line)
		return string_of(s, function);
	const char *slash = strrchr(site->file, '/');
	snprintf(text, sizeof text, "%s %s:%u", function, slash ? slash + 1 : site->file, site->line);
	return string_of(s, text);
}

static uint32_t block_name(struct snapshot *s, uint32_t block)
{
	const char *type = models_type(&s->e->a.models, block);
	uint32_t stack = export_stack_id(s->e, block);

	if (type)
		return string_of(s, type);
	if (s->names[stack] == NO_TEXT)
		s->names[stack] = place_name(s, stack);
	return s->names[stack];
}

/* "next", or "+8" where the field is not known; " (interior)" and the like behind what is no plain reference. */
static uint32_t edge_name(struct snapshot *s, uint32_t block, struct ref ref)
{
	char text[REPORT_FIELD_MAX + 32] = "+";
	struct buf digits = { (uint8_t *)text, 1, sizeof text, false };

	if (!models_field(&s->e->a.models, block, ref_offset(ref), text, REPORT_FIELD_MAX)) {
		buf_number(&digits, ref_offset(ref));
		text[digits.used] = '\0';
	}
	if (!ref_kind_is_strong(ref_kind(ref)))
		sprintf(text + strlen(text), " (%s)", ref_kind_name(ref_kind(ref)));
	return string_of(s, text);
}

/* ---- nodes ------------------------------------------------------------------------------------------------- */

static void add_group(struct snapshot *s, const char *name, uint64_t nedges)
{
	s->groups[s->ngroups++] = (struct group){ string_of(s, name), nedges };
}

/* The root words of a region stand together: `first` is the next region's. */
static uint64_t region_end(const struct graph *g, uint64_t first)
{
	uint64_t end = first;

	while (end < g->nroot_refs && g->root_refs[end].region == g->root_refs[first].region)
		end++;
	return end;
}

static enum root_kind kind_at(const struct graph *g, uint64_t root_ref)
{
	return g->regions[g->root_refs[root_ref].region].kind;
}

static const char *region_name(struct snapshot *s, const struct root_region *region, uint64_t at)
{
	struct pool *pool = &s->e->report.pool;
	const char *path = region->path && *region->path ? region->path : s->e->process->executable;
	const char *slash = strrchr(path, '/');

	if (region->kind == ROOT_GLOBAL || region->kind == ROOT_RELRO)
		return pool_print(pool, "data of %s", slash ? slash + 1 : path);
	return root_holder_text(pool, s->e->a.names, &s->e->a.heap, region, at, false);
}

/* Kinds of roots before their regions, both in the graph's order. */
static void add_roots(struct snapshot *s)
{
	const struct graph *g = &s->e->a.graph;
	uint64_t of_kind[ROOT_KINDS] = { 0 };

	for (uint64_t i = 0; i < g->nroot_refs; i = region_end(g, i)) {
		s->nkinds += !of_kind[kind_at(g, i)]++;
		s->nregions++;
	}
	for (enum root_kind kind = 0; kind < ROOT_KINDS; kind++)
		if (of_kind[kind])
			add_group(s, root_kind_name(kind), of_kind[kind]);
	for (uint64_t i = 0; i < g->nroot_refs; i = region_end(g, i)) {
		const struct root_ref *first = &g->root_refs[i];
		add_group(s, region_name(s, &g->regions[first->region], first->at), region_end(g, i) - i);
	}
}

static uint32_t instance_blocks(const struct leak *leak)
{
	return leak->kind == CLASS_CYCLE && leak->members ? leak->members : 1;
}

/* Possible leaks are held, if only vaguely: they stand below their roots. */
static void add_leaks(struct snapshot *s)
{
	const struct leak_set *set = &s->e->a.leaks;

	for (uint32_t i = 0; i < set->nleaks && set->leaks[i].kind != CLASS_POSSIBLE; i++) {
		const struct report_leak *leak = &s->e->process->leaks[i];
		const struct report_frame *site = stack_site(leak->stack);
		const char *function = site ? export_function(s->e, site) : "?";

		add_group(s,
			  pool_print(&s->e->report.pool, "%s %s, allocated by %s", leak->id, leak->kind,
				     function ? function : "?"),
			  set->leaks[i].nblocks / instance_blocks(&set->leaks[i]));
		s->nleaks++;
	}
}

static void add_remarks(struct snapshot *s)
{
	const struct report_process *p = s->e->process;

	for (uint32_t i = 0; i < p->nreasons; i++)
		add_group(s, pool_print(&s->e->report.pool, "(degraded: %s)", p->reasons[i].text), 0);
	s->nremarks = p->nreasons;
}

static int make_groups(struct snapshot *s)
{
	const struct export *e = s->e;
	size_t most = GROUPS_FIXED + ROOT_KINDS + (size_t)e->a.graph.nregions + e->a.leaks.nleaks +
		      e->process->nreasons;

	s->groups = calloc(most, sizeof *s->groups);
	s->names = malloc(((size_t)e->a.trace.nnodes + 1) * sizeof *s->names);
	if (!s->groups || !s->names)
		return -1;
	memset(s->names, 0xff, e->a.trace.nnodes * sizeof *s->names); /* NO_TEXT */
	add_group(s, "", 0);
	add_group(s, "(GC roots)", 0);
	add_group(s, e->a.is_judged ? "(UNREACHABLE)" : "(live at the end, not judged)", 0);
	add_roots(s);
	add_leaks(s);
	add_remarks(s);
	s->groups[GROUP_TOP].nedges = 2 + s->nremarks;
	s->groups[GROUP_ROOTS].nedges = s->nkinds;
	s->groups[GROUP_LOST].nedges = e->a.is_judged ? s->nleaks : e->a.heap.nblocks;
	return 0;
}

/* ---- arrays ------------------------------------------------------------------------------------------------ */

static void put_numbers(struct snapshot *s, const uint64_t *numbers, unsigned n)
{
	struct buf *out = &s->e->out;

	for (unsigned i = 0; i < n; i++) {
		buf_put(out, ",", s->has_items || i);
		buf_number(out, numbers[i]);
	}
	buf_put(out, "\n", 1);
	s->has_items = true;
	export_flush(s->e);
}

static void open_array(struct snapshot *s, const char *name)
{
	buf_text(&s->e->out, ",\n\"");
	buf_text(&s->e->out, name);
	buf_text(&s->e->out, "\":[");
	s->has_items = false;
}

static void close_array(struct snapshot *s)
{
	buf_text(&s->e->out, "]");
}

/* Ids of blocks are odd and stay the same in every snapshot of a process. */
static void put_nodes(struct snapshot *s)
{
	const struct export *e = s->e;

	open_array(s, "nodes");
	for (uint32_t i = 0; i < s->ngroups; i++)
		put_numbers(s,
			    (uint64_t[NODE_FIELDS]){ NODE_SYNTHETIC, s->groups[i].name, 2 * (uint64_t)i + 2,
						     0, s->groups[i].nedges },
			    NODE_FIELDS);
	for (uint32_t i = 0; i < e->a.heap.nblocks; i++) {
		const struct block *b = &e->a.heap.blocks[i];
		uint64_t nedges = e->a.graph.first ? e->a.graph.first[i + 1] - e->a.graph.first[i] : 0;
		put_numbers(s,
			    (uint64_t[NODE_FIELDS]){ NODE_NATIVE, block_name(s, i), 2 * b->birth + 1, b->size,
						     nedges },
			    NODE_FIELDS);
	}
	close_array(s);
}

static void put_edge(struct snapshot *s, unsigned type, uint64_t name, uint64_t to_node)
{
	put_numbers(s, (uint64_t[]){ type, name, to_node * NODE_FIELDS }, 3);
}

static uint64_t node_of(const struct snapshot *s, uint32_t block)
{
	return (uint64_t)s->ngroups + block;
}

/* To `n` nodes, from `first` on. */
static void put_elements(struct snapshot *s, uint64_t first, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		put_edge(s, EDGE_ELEMENT, i + 1, first + i);
}

static void put_root_edges(struct snapshot *s)
{
	const struct export *e = s->e;
	uint32_t region = GROUPS_FIXED + s->nkinds;

	for (uint32_t kind = GROUPS_FIXED; kind < GROUPS_FIXED + s->nkinds; kind++) {
		put_elements(s, region, s->groups[kind].nedges);
		region += (uint32_t)s->groups[kind].nedges;
	}
	for (uint64_t i = 0; i < e->a.graph.nroot_refs; i++) {
		const struct root_ref *r = &e->a.graph.root_refs[i];
		struct root_name name = root_name(&s->e->report.pool, &s->e->a, r);
		put_edge(s, KINDS_OWNING >> r->kind & 1 ? EDGE_PROPERTY : EDGE_WEAK,
			 string_of(s, name.expression ? name.expression : name.text), node_of(s, r->to));
	}
}

static void put_leak_edges(struct snapshot *s)
{
	for (uint32_t i = 0; i < s->nleaks; i++) {
		const struct leak *leak = &s->e->a.leaks.leaks[i];
		uint32_t instance = instance_blocks(leak), number = 0;

		for (uint32_t k = 0; k + instance <= leak->nblocks; k += instance)
			put_edge(s, EDGE_ELEMENT, ++number, node_of(s, leak->blocks[k]));
	}
}

static void put_block_edges(struct snapshot *s)
{
	const struct graph *g = &s->e->a.graph;

	for (uint32_t i = 0; g->first && i < s->e->a.heap.nblocks; i++)
		for (uint64_t k = g->first[i]; k < g->first[i + 1]; k++)
			put_edge(s, KINDS_OWNING >> ref_kind(g->refs[k]) & 1 ? EDGE_PROPERTY : EDGE_WEAK,
				 edge_name(s, i, g->refs[k]), node_of(s, g->refs[k].to));
}

static void put_edges(struct snapshot *s)
{
	uint32_t leaks = GROUPS_FIXED + s->nkinds + s->nregions;

	open_array(s, "edges");
	put_elements(s, GROUP_ROOTS, 2);
	put_elements(s, leaks + s->nleaks, s->nremarks);
	put_elements(s, GROUPS_FIXED, s->nkinds);
	put_elements(s, s->e->a.is_judged ? leaks : s->ngroups, s->groups[GROUP_LOST].nedges);
	put_root_edges(s);
	put_leak_edges(s);
	put_block_edges(s);
	close_array(s);
}

static void put_strings(struct snapshot *s)
{
	struct json j;

	buf_text(&s->e->out, ",\n\"strings\":");
	json_start(&j, &s->e->out);
	json_open(&j, '[');
	for (uint32_t i = 0; i < s->strings.n; i++) {
		json_text(&j, s->strings.at[i]);
		export_flush(s->e);
	}
	json_close(&j, ']');
}

/* ---- the whole --------------------------------------------------------------------------------------------- */

/* What V8 of 2023 calls its fields. */
static const char meta[] =
    "\"meta\":{\n"
    "\"node_fields\":[\"type\",\"name\",\"id\",\"self_size\",\"edge_count\",\"trace_node_id\","
    "\"detachedness\"],\n"
    "\"node_types\":[[\"hidden\",\"array\",\"string\",\"object\",\"code\",\"closure\",\"regexp\",\"number\","
    "\"native\",\"synthetic\",\"concatenated string\",\"sliced string\",\"symbol\",\"bigint\",\"object "
    "shape\"],"
    "\"string\",\"number\",\"number\",\"number\",\"number\",\"number\"],\n"
    "\"edge_fields\":[\"type\",\"name_or_index\",\"to_node\"],\n"
    "\"edge_types\":[[\"context\",\"element\",\"property\",\"internal\",\"hidden\",\"shortcut\",\"weak\"],"
    "\"string_or_number\",\"node\"],\n"
    "\"trace_function_info_fields\":[\"function_id\",\"name\",\"script_name\",\"script_id\",\"line\","
    "\"column\"],\n"
    "\"trace_node_fields\":[\"id\",\"function_info_index\",\"count\",\"size\",\"children\"],\n"
    "\"sample_fields\":[\"timestamp_us\",\"last_assigned_id\"],\n"
    "\"location_fields\":[\"object_index\",\"script_id\",\"line\",\"column\"]}";

static void put_document(struct snapshot *s)
{
	struct buf *out = &s->e->out;
	uint64_t nedges = 0;

	for (uint32_t i = 0; i < s->ngroups; i++)
		nedges += s->groups[i].nedges;
	buf_text(out, "{\"snapshot\":{");
	buf_text(out, meta);
	buf_text(out, ",\n\"node_count\":");
	buf_number(out, (uint64_t)s->ngroups + s->e->a.heap.nblocks);
	buf_text(out, ",\"edge_count\":");
	buf_number(out, nedges + (s->e->a.graph.first ? s->e->a.graph.first[s->e->a.heap.nblocks] : 0));
	buf_text(out, ",\"trace_function_count\":0}");
	put_nodes(s);
	put_edges(s);
	buf_text(out, ",\n\"trace_function_infos\":[],\"trace_tree\":[],\"samples\":[],\"locations\":[]");
	put_strings(s);
	buf_text(out, "}\n");
}

int export_heapsnapshot(struct export *e, struct err *err)
{
	struct snapshot s = { .e = e };
	int failed = make_groups(&s);

	if (!failed)
		put_document(&s);
	texts_free(&s.strings);
	free(s.names);
	free(s.groups);
	return failed || e->out.failed ? export_no_memory(e, err) : 0;
}
