/* types.c: leakgraph types: the live blocks by type. */
#include "cmd/answer.h"
#include "cmd/cmd.h"
#include "report/types.h"

static int load(void *answer, char **words, const struct view *view, struct err *err)
{
	return types_load(answer, words[0], &view->report, err);
}

static bool text(const struct term *t, const void *answer, const struct view *view, const char *here)
{
	types_text(t, answer, view->text.all, here);
	return true;
}

static void json(struct buf *out, const void *answer)
{
	types_json(out, answer);
}

static void release(void *answer)
{
	types_free(answer);
}

int cmd_types(int argc, char **argv)
{
	static const struct answer types = {
		.name = "types",
		.usage =
		    "usage: leakgraph types [options] TRACE\n"
		    "The live blocks by type: how many, what would be freed with all of them (retained), how many are lost.\n"
		    "Blocks whose type is not known are told by size and by the function that allocated them.\n",
		.examples = "\nExamples:\n"
			    "  leakgraph types app.lgt\n"
			    "  leakgraph types --json app.lgt | jq '.types[] | select(.lost_blocks > 0)'\n",
		.needs = "it takes a TRACE; try: leakgraph types app.lgt",
		.words_min = 1,
		.words_max = 1,
		.bytes = sizeof(struct types),
		.load = load,
		.text = text,
		.json = json,
		.free = release,
	};

	return answer_run(&types, argc, argv);
}
