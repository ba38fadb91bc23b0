/* growth.c: leakgraph growth: what survives and grows from snapshot to snapshot. */
#include "cmd/answer.h"
#include "cmd/cmd.h"
#include "report/growth.h"

#include <limits.h>

static int load(void *answer, char **words, const struct view *view, struct err *err)
{
	struct growth_options options = { .since = view->since,
					  .until = view->until,
					  .report = &view->report };

	return growth_load(answer, words, &options, err);
}

static bool text(const struct term *t, const void *answer, const struct view *view, const char *here)
{
	growth_text(t, answer, view->text.all, here);
	return true;
}

static void json(struct buf *out, const void *answer)
{
	growth_json(out, answer);
}

static void release(void *answer)
{
	growth_free(answer);
}

static int take_more(struct view *view, int code, const char *value, struct err *err)
{
	(void)err;
	if (code == OPT_SINCE)
		view->since = value;
	else
		view->until = value;
	return 0;
}

const struct option growth_longs[] = { { "since", required_argument, NULL, OPT_SINCE },
				       { "until", required_argument, NULL, OPT_UNTIL },
				       { NULL, 0, NULL, 0 } };

int cmd_growth(int argc, char **argv)
{
	static const struct answer growth = {
		.name = "growth",
		.usage =
		    "usage: leakgraph growth [options] TRACE...\n"
		    "What lives at each moment of a trace (its snapshots and its end), by the place that allocated it: the\n"
		    "bytes at each, how fast and how they grow, how many moments the survivors have lived through, and what\n"
		    "holds the newest of them.\n"
		    "\n"
		    "  --since=N              only what was allocated after moment N\n"
		    "  --until=N              as it was at moment N, not at the last one\n",
		.examples =
		    "\nExamples:\n"
		    "  leakgraph run -o app.lgt ./app & leakgraph snapshot $(pidof app)\n"
		    "  leakgraph growth app.lgt\n"
		    "  leakgraph growth --since=1 --until=3 app.lgt\n"
		    "  leakgraph growth --json app.lgt | jq '.processes[].places[] | select(.fit == \"linear\")'\n",
		.needs = "it takes a TRACE; try: leakgraph growth app.lgt",
		.words_min = 1,
		.words_max = INT_MAX,
		.more = growth_longs,
		.take_more = take_more,
		.bytes = sizeof(struct growth),
		.load = load,
		.text = text,
		.json = json,
		.free = release,
	};

	return answer_run(&growth, argc, argv);
}
