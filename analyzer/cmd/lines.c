/* lines.c: leakgraph lines: by source line, what was allocated, lives, leaked. */
#include "cmd/answer.h"
#include "cmd/cmd.h"
#include "report/source.h"

static int load(void *answer, char **words, const struct view *view, struct err *err)
{
	return source_load(answer, words[0], &view->report, err);
}

static bool text(const struct term *t, const void *answer, const struct view *view, const char *here)
{
	source_text(t, answer, view->text.all, here);
	return true;
}

static void json(struct buf *out, const void *answer)
{
	source_json(out, answer);
}

static void release(void *answer)
{
	source_free(answer);
}

int cmd_lines(int argc, char **argv)
{
	static const struct answer lines = {
		.name = "lines",
		.usage =
		    "usage: leakgraph lines [options] TRACE\n"
		    "By source line: bytes that live, leaked, lived at the peak, were allocated; calls, and how many of them\n"
		    "were temporary (freed before their thread allocated anything else). The line itself is shown where its\n"
		    "file is at hand.\n",
		.examples =
		    "\nExamples:\n"
		    "  leakgraph lines app.lgt\n"
		    "  leakgraph lines --json app.lgt | jq '.lines[] | select(.temporary_blocks > 1000)'\n",
		.needs = "it takes a TRACE; try: leakgraph lines app.lgt",
		.words_min = 1,
		.words_max = 1,
		.bytes = sizeof(struct source),
		.load = load,
		.text = text,
		.json = json,
		.free = release,
	};

	return answer_run(&lines, argc, argv);
}
