/* lines_cycles.c: rings of blocks that hold each other, where to break them, and what counts say; see lines.h. */
#include "report/lines.h"

#include <stdlib.h>
#include <string.h>

#define RING_SHOWN 12u

uint32_t lines_unshown(const struct report_leak *leak)
{
	return leak->cycle_length - leak->nedges;
}

static const char *edge_text(char text[PLACE_TEXT], const struct report_edge *e)
{
	return lines_field(text, e->field, e->offset);
}

static const char *member_text(char text[PLACE_TEXT], const struct lines *l, const struct report_edge *e)
{
	char place[PLACE_TEXT], what[PLACE_TEXT];
	int used = snprintf(text, PLACE_TEXT, "%.80s", lines_what(what, e->from_type, e->from_bytes));

	snprintf(text + used, PLACE_TEXT - (size_t)used, " (%s%.*s)", e->from_is_reused ? LINES_REUSED : "",
		 (int)PLACE_TEXT - used - 4 - (int)sizeof LINES_REUSED, lines_place(place, l, e->from_stack));
	return text;
}

/* "24 B (mk, a.c:3) --+8--> 24 B (mk, a.c:3) --+8--> back to the first", when it fits in a line. */
static bool print_short_ring(const struct lines *l, unsigned indent, const struct report_leak *leak)
{
	const char *line = term_glyph(l->term, GLYPH_LINE), *arrow = term_glyph(l->term, GLYPH_ARROW);
	char *text = NULL, member[PLACE_TEXT], field[PLACE_TEXT];
	size_t n;
	FILE *out = open_memstream(&text, &n);

	if (!out)
		return false;
	for (uint32_t i = 0; i < leak->nring; i++)
		fprintf(out, "%s %s%s%s ", member_text(member, l, &leak->ring[i]), line,
			edge_text(field, &leak->ring[i]), arrow);
	fprintf(out, "back to %s", leak->nring == 1 ? "itself" : "the first");
	fclose(out);
	bool fits = text && lines_unshown(leak) == 0 && indent + term_columns(text) <= LINE_COLUMNS;
	if (fits) {
		fprintf(l->term->out, "%*s", (int)indent, "");
		term_clean(l->term, text);
		fputc('\n', l->term->out);
	}
	free(text);
	return fits;
}

static void print_long_ring(const struct lines *l, unsigned indent, const struct report_leak *leak)
{
	const struct term *t = l->term;
	const char *side = term_glyph(t, GLYPH_SIDE), *line = term_glyph(t, GLYPH_LINE);
	uint32_t shown = leak->nring > RING_SHOWN && !l->full_stacks ? RING_SHOWN / 2 : leak->nring;
	uint32_t more = leak->nring - shown + lines_unshown(leak);
	char member[PLACE_TEXT], field[PLACE_TEXT];

	for (uint32_t i = 0; i < shown; i++) {
		if (i)
			fprintf(t->out, "%*s%s %s%s%s ", (int)indent, "", side, line,
				edge_text(field, &leak->ring[i - 1]), term_glyph(t, GLYPH_ARROW));
		else
			fprintf(t->out, "%*s%s%s ", (int)indent, "", term_glyph(t, GLYPH_TOP),
				term_glyph(t, GLYPH_ARROW));
		term_clean(t, member_text(member, l, &leak->ring[i]));
		fputc('\n', t->out);
	}
	if (more)
		fprintf(t->out, "%*s%s %s %u more blocks on the ring\n", (int)indent, "", side,
			term_glyph(t, GLYPH_DOTS), more);
	fprintf(t->out, "%*s%s%s", (int)indent, "", term_glyph(t, GLYPH_BOTTOM), line);
	if (!lines_unshown(leak))
		fprintf(t->out, " %s,", edge_text(field, &leak->ring[leak->nring - 1]));
	fputs(" back to the first\n", t->out);
}

/* All blocks of the ring are alike and point on alike: "20 x 24 B (mk, a.c:4), each --+0--> the next". */
static bool print_even_ring(const struct lines *l, unsigned indent, const struct report_leak *leak)
{
	const char *line = term_glyph(l->term, GLYPH_LINE);
	char first[PLACE_TEXT], other[PLACE_TEXT], field[PLACE_TEXT];

	member_text(first, l, &leak->ring[0]);
	for (uint32_t i = 1; i < leak->nring; i++)
		if (leak->ring[i].offset != leak->ring[0].offset ||
		    strcmp(first, member_text(other, l, &leak->ring[i])))
			return false;
	fprintf(l->term->out, "%*s%u %s ", (int)indent, "", leak->nring + lines_unshown(leak),
		term_glyph(l->term, GLYPH_TIMES));
	term_clean(l->term, first);
	fprintf(l->term->out, ", each %s%s%s the next, the last %s the first\n", line,
		edge_text(field, &leak->ring[0]), term_glyph(l->term, GLYPH_ARROW),
		term_glyph(l->term, GLYPH_ARROW));
	return true;
}

void lines_ring(const struct lines *l, unsigned indent, const struct report_leak *leak)
{
	if (!leak->nring || print_short_ring(l, indent, leak))
		return;
	if (l->full_stacks || leak->nring < 4 || !print_even_ring(l, indent, leak))
		print_long_ring(l, indent, leak);
}

static const char *break_reasons(enum break_reason reason)
{
	static const char *const texts[] = {
		"",
		": it leads to the oldest block",
		"; cut, no cycle is left",
		": it leads to the oldest block; cut, no cycle is left",
		": by its name it leads back",
		": by its name, and to the oldest block, it leads back",
		": by its name it leads back; cut, no cycle is left",
		": by its name, and to the oldest block, it leads back; cut, no cycle is left",
	};

	return texts[reason & 7];
}

static const struct report_edge *break_edge(const struct report_leak *leak)
{
	for (uint32_t i = 0; i < leak->nring; i++)
		if (leak->ring[i].break_reason)
			return &leak->ring[i];
	return NULL;
}

/* Links of the C++ library's own nodes, before the element: nobody can make them not own. */
static bool is_of_container(const struct report_edge *e)
{
	static const struct {
		const char *type;
		uint64_t element;
	} nodes[] = {
		{ "_Rb_tree_node", 32 }, { "_List_node", 16 }, { "__tree_node", 32 }, { "__list_node", 16 }
	};

	for (size_t i = 0; e->from_type && i < sizeof nodes / sizeof *nodes; i++)
		if (!strncmp(e->from_type, "std::", 5) && strstr(e->from_type, nodes[i].type))
			return e->offset < nodes[i].element;
	return false;
}

const char *lines_break_short(char text[PLACE_TEXT], const struct report_leak *leak)
{
	const struct report_edge *e = break_edge(leak);
	char field[PLACE_TEXT], type[PLACE_TEXT];

	if (!e)
		return NULL;
	if (is_of_container(e))
		return NULL;
	snprintf(text, PLACE_TEXT, "%.40s%s%.30s", edge_text(field, e), e->from_type ? " of " : "",
		 e->from_type ? lines_type(type, e->from_type, 30) : "");
	return text;
}

void lines_break(const struct lines *l, unsigned indent, const struct report_leak *leak)
{
	char field[PLACE_TEXT], member[PLACE_TEXT], text[3 * PLACE_TEXT];
	const struct report_edge *e = break_edge(leak);

	if (!e)
		return;
	if (is_of_container(e)) {
		fprintf(l->term->out, "%*sthe links are those of a container of the C++ library: free that\n",
			(int)indent, "");
		return;
	}
	snprintf(text, sizeof text, "%s of %s should not own%s%s%s%s", edge_text(field, e),
		 member_text(member, l, e), e->break_with ? " (make it a " : "",
		 e->break_with ? e->break_with : "", e->break_with ? ")" : "",
		 break_reasons(e->break_reason));
	fprintf(l->term->out, "%*s", (int)indent, "");
	term_print(l->term, SHADE_HEAD, "break it: ");
	lines_wrap(l->term, indent + 10, indent + 10, text);
}

void lines_count(const struct lines *l, unsigned indent, const struct report_leak *leak)
{
	if (!leak->verdict)
		return;
	fprintf(l->term->out, "%*s", (int)indent, "");
	term_print(l->term, SHADE_HEAD, "counts %llu, found %llu: ", (unsigned long long)leak->count,
		   (unsigned long long)leak->references);
	lines_wrap(l->term, indent + 20, indent + 4, leak->verdict);
}

void lines_cycle(const struct lines *l, const struct report_leak *leak)
{
	char count[TERM_TEXT];
	FILE *out = l->term->out;

	if (leak->instances > 1)
		fprintf(out, "%s %s ", human_count(count, leak->instances), term_glyph(l->term, GLYPH_TIMES));
	if (leak->members == 1)
		fputs("block that references itself   ", out);
	else if (leak->nring == 1 && leak->members == leak->cycle_length)
		fputs("object that references itself   ", out);
	else if (leak->members == leak->cycle_length)
		fprintf(out, "ring of %u   ", leak->nring + lines_unshown(leak));
	else
		fprintf(out, "knot of %u, its shortest ring %u   ", leak->members,
			leak->nring + lines_unshown(leak));
}
