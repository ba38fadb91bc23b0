/* picture_out.c: a picture as DOT, and as leakgraph.graph.v1; see picture.h. */
#include "report/picture.h"

#include "base/escape.h"
#include "report/json.h"
#include "report/lines.h"

#include <string.h>

/* ---- DOT ----------------------------------------------------------------------------------------------- */

static void put_quoted(struct buf *out, const char *text)
{
	escape_put(out, text, escape_dot);
}

static const char *fill_of(const struct picture_node *n)
{
	if (n->root)
		return "#dddddd";
	if (!strcmp(n->class, leak_class_name(CLASS_POSSIBLE)))
		return "#fff0b3";
	return strcmp(n->class, leak_class_name(CLASS_REACHABLE)) ? "#ffd6d6" : "#ffffff";
}

static void put_label(struct buf *out, const struct picture *p, const struct picture_node *n)
{
	struct lines l = { .directory = p->report.processes[0].directory };
	char text[PLACE_TEXT], more[64];

	if (n->root) {
		put_quoted(out, n->root);
		return;
	}
	put_quoted(out, lines_what(text, n->type, n->size));
	buf_text(out, "\\n");
	put_quoted(out, lines_place(text, &l, n->stack));
	snprintf(text, sizeof text, "\\n0x%llx", (unsigned long long)n->addr);
	buf_text(out, text);
	if (n->hidden) {
		buf_text(out, "\\n+ ");
		buf_text(out, human_things(more, sizeof more, n->hidden, "more reference"));
	}
}

static void put_node(struct buf *out, const struct picture *p, uint32_t i)
{
	const struct picture_node *n = &p->nodes[i];
	char text[64];

	snprintf(text, sizeof text, "\tn%u [label=\"", i);
	buf_text(out, text);
	put_label(out, p, n);
	buf_text(out, n->root ? "\", shape=ellipse, fillcolor=\"" : "\", fillcolor=\"");
	buf_text(out, fill_of(n));
	buf_text(out, n->is_asked ? "\", penwidth=2];\n" : "\"];\n");
}

static void put_edge(struct buf *out, const struct picture_edge *e)
{
	char text[PLACE_TEXT], field[PLACE_TEXT];

	snprintf(text, sizeof text, "\tn%u -> n%u [label=\"", e->from, e->to);
	buf_text(out, text);
	if (e->field || e->offset)
		put_quoted(out, e->field ? e->field : lines_field(field, NULL, e->offset));
	if (!ref_kind_is_strong(e->kind)) {
		buf_text(out, e->field || e->offset ? "\\n" : "");
		put_quoted(out, ref_kind_name(e->kind));
	}
	buf_text(out, e->is_break ? "\\nbreak here\", color=\"#cc0000\", fontcolor=\"#cc0000\", penwidth=2"
				  : "\"");
	buf_text(out, KINDS_OWNING >> e->kind & 1 ? "];\n" : ", style=dashed];\n");
}

void picture_dot(struct buf *out, const struct picture *p)
{
	buf_text(out, "digraph leakgraph {\n"
		      "\tgraph [rankdir=LR, fontname=\"sans-serif\", label=\"");
	put_quoted(out, p->report.processes[0].name);
	for (uint32_t i = 0; i < p->report.processes[0].nreasons; i++) {
		buf_text(out, "\\ndegraded: ");
		put_quoted(out, p->report.processes[0].reasons[i].text);
	}
	buf_text(out, "\"];\n"
		      "\tnode [shape=box, style=filled, fontname=\"sans-serif\", fontsize=10];\n"
		      "\tedge [fontname=\"sans-serif\", fontsize=9];\n");
	for (uint32_t i = 0; i < p->nnodes; i++)
		put_node(out, p, i);
	for (uint32_t i = 0; i < p->nedges; i++)
		put_edge(out, &p->edges[i]);
	buf_text(out, "}\n");
}

/* ---- JSON ---------------------------------------------------------------------------------------------- */

static void json_node(struct json *j, const struct picture_node *n)
{
	json_open(j, '{');
	json_put_text(j, "root", n->root);
	if (!n->root) {
		json_put_address(j, "address", n->addr);
		json_put_number(j, "size", n->size);
		json_put_text(j, "type", n->type);
		json_put_number(j, "hidden_references", n->hidden);
		json_put_stack(j, "stack", n->stack);
	}
	json_put_text(j, n->root ? "root_kind" : "class", n->class);
	json_put_bool(j, "asked", n->is_asked);
	json_close(j, '}');
}

static void json_edge(struct json *j, const struct picture_edge *e)
{
	json_open_flat(j, '{');
	json_put_number(j, "from", e->from);
	json_put_number(j, "to", e->to);
	json_put_number(j, "offset", e->offset);
	json_put_text(j, "field", e->field);
	json_put_text(j, "reference", ref_kind_name(e->kind));
	json_put_bool(j, "suggested_break", e->is_break);
	json_close(j, '}');
}

void picture_json(struct buf *out, const struct picture *p)
{
	struct json j;

	json_start(&j, out);
	json_open(&j, '{');
	json_put_text(&j, "schema", "leakgraph.graph.v1");
	json_put_process_facts(&j, &p->report.processes[0]);
	json_put_verdict(&j, &p->report.processes[0]);
	json_key(&j, "nodes");
	json_open(&j, '[');
	for (uint32_t i = 0; i < p->nnodes; i++)
		json_node(&j, &p->nodes[i]);
	json_close(&j, ']');
	json_key(&j, "edges");
	json_open(&j, '[');
	for (uint32_t i = 0; i < p->nedges; i++)
		json_edge(&j, &p->edges[i]);
	json_close(&j, ']');
	json_close(&j, '}');
	json_end(&j);
}
