/* why.c: leakgraph why: what holds a block, or what a leak was lost with. */
#include "cmd/answer.h"
#include "cmd/cmd.h"
#include "report/why.h"

static int load(void *answer, char **words, const struct view *view, struct err *err)
{
	return why_load(answer, words[0], words[1], &view->report, err);
}

static bool text(const struct term *t, const void *answer, const struct view *view, const char *here)
{
	why_text(t, answer, view->text.all, view->text.full_stacks, here);
	return true;
}

static void json(struct buf *out, const void *answer)
{
	why_json(out, answer);
}

static void release(void *answer)
{
	why_free(answer);
}

int cmd_why(int argc, char **argv)
{
	static const struct answer why = {
		.name = "why",
		.usage =
		    "usage: leakgraph why [options] TRACE LEAK|ADDR\n"
		    "For a leak (L1, as the report names it): its cycle edge by edge, and what is lost behind it.\n"
		    "For an address in a live block: the shortest path from a root that holds it, or the leak it belongs to;\n"
		    "who refers to it, to what it refers, and what would be freed with it.\n",
		.examples = "\nExamples:\n"
			    "  leakgraph why app.lgt L1\n"
			    "  leakgraph why app.lgt 0x55d0c2a0\n"
			    "  leakgraph why --json app.lgt L1 | jq .leak.cycle\n",
		.needs = "it takes a TRACE and a leak or an address; try: leakgraph why app.lgt L1",
		.words_min = 2,
		.words_max = 2,
		.bytes = sizeof(struct why),
		.load = load,
		.text = text,
		.json = json,
		.free = release,
	};

	return answer_run(&why, argc, argv);
}
