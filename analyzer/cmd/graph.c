/* graph.c: leakgraph graph: the references around a leak or a block as a picture. */
#include "cmd/answer.h"
#include "cmd/cmd.h"
#include "report/picture.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static int need_dot(const struct view *view, struct err *err)
{
	if (!view->is_svg || !system("dot -V >/dev/null 2>&1"))
		return 0;
	return fail(err, "--svg needs dot of graphviz: install graphviz, or draw the DOT text elsewhere");
}

static int load(void *answer, char **words, const struct view *view, struct err *err)
{
	uint32_t nodes = view->max_nodes ? (uint32_t)view->max_nodes : PICTURE_NODES;

	return need_dot(view, err) || picture_load(answer, words[0], words[1], &view->report, nodes, err);
}

static bool draw(const struct buf *dot)
{
	signal(SIGPIPE, SIG_IGN); /* it may end before it has read all */
	FILE *to = popen("dot -Tsvg", "we");
	bool is_good = to && buf_print(dot, to);
	return to && !pclose(to) && is_good;
}

static bool text(const struct term *t, const void *answer, const struct view *view, const char *here)
{
	struct buf out = { 0 };

	(void)here;
	picture_dot(&out, answer);
	bool is_good = view->is_svg ? draw(&out) : buf_print(&out, t->out);
	buf_free(&out);
	return is_good;
}

static void json(struct buf *out, const void *answer)
{
	picture_json(out, answer);
}

static void release(void *answer)
{
	picture_free(answer);
}

static int take_more(struct view *view, int code, const char *value, struct err *err)
{
	view->is_svg |= code == OPT_SVG;
	if (code == OPT_MAX_NODES)
		return parse_count("--max-nodes", value, 10000, &view->max_nodes, err);
	return 0;
}

const struct option graph_longs[] = { { "svg", no_argument, NULL, OPT_SVG },
				      { "max-nodes", required_argument, NULL, OPT_MAX_NODES },
				      { 0 } };

int cmd_graph(int argc, char **argv)
{
	static const struct answer graph = {
		.name = "graph",
		.usage =
		    "usage: leakgraph graph [options] TRACE [LEAK|ADDR]\n"
		    "The references around a leak or a block, as DOT for graphviz: a cycle, what holds a block, what it holds.\n"
		    "Weak references are dashed; the edge that should not own is red. Without LEAK or ADDR: the first leak,\n"
		    "or the heaviest holder.\n"
		    "\n"
		    "  --svg                  draw it (needs graphviz)\n"
		    "  --max-nodes=N          how much of it (60)\n",
		.examples = "\nExamples:\n"
			    "  leakgraph graph app.lgt L1 | dot -Tpng > cycle.png\n"
			    "  leakgraph graph --svg app.lgt 0x55d0c2a0 > held.svg\n",
		.needs =
		    "it takes a TRACE, and a leak or an address if you like; try: leakgraph graph app.lgt L1",
		.words_min = 1,
		.words_max = 2,
		.bytes = sizeof(struct picture),
		.more = graph_longs,
		.take_more = take_more,
		.load = load,
		.text = text,
		.json = json,
		.free = release,
	};

	return answer_run(&graph, argc, argv);
}
