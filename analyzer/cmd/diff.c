/* diff.c: leakgraph diff: what came, went and grew between two traces, or two moments of one. */
#include "cmd/answer.h"
#include "cmd/cmd.h"
#include "report/diff.h"

static int load(void *answer, char **words, const struct view *view, struct err *err)
{
	return diff_load(answer, words[0], words[1], &view->report, err);
}

static bool text(const struct term *t, const void *answer, const struct view *view, const char *here)
{
	diff_text(t, answer, view->text.all, here);
	return true;
}

static void json(struct buf *out, const void *answer)
{
	diff_json(out, answer);
}

static void release(void *answer)
{
	diff_free(answer);
}

int cmd_diff(int argc, char **argv)
{
	static const struct answer diff = {
		.name = "diff",
		.usage =
		    "usage: leakgraph diff [options] OLD NEW\n"
		    "What lives and what is lost in NEW and not in OLD, and the other way round, by the stack that allocated\n"
		    "it. Each is a trace, or TRACE@N: its moment N, as leakgraph growth counts them. Stacks are compared by\n"
		    "their fingerprints, which stay the same over builds.\n",
		.examples =
		    "\nExamples:\n"
		    "  leakgraph diff before.lgt after.lgt\n"
		    "  leakgraph diff app.lgt@1 app.lgt@3\n"
		    "  leakgraph diff --json old.lgt new.lgt | jq '.places[] | select(.change == \"new\")'\n",
		.needs =
		    "it takes two traces, or two moments of one; try: leakgraph diff app.lgt@1 app.lgt@2",
		.words_min = 2,
		.words_max = 2,
		.bytes = sizeof(struct diff),
		.load = load,
		.text = text,
		.json = json,
		.free = release,
	};

	return answer_run(&diff, argc, argv);
}
