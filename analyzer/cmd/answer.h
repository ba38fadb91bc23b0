/* answer.h: what commands share that explain one trace: their options, --json, the pager, and what goes wrong. */
#ifndef LG_CMD_ANSWER_H
#define LG_CMD_ANSWER_H

#include "base/buf.h"
#include "cmd/options.h"

extern const char answer_options_help[]; /* the lines of --help about the options that all of them take */

struct answer {
	const char *name; /* of the command */
	const char *usage, *examples; /* --help: what stands before and behind the options */
	const char *needs; /* the sentence about missing words */
	int words_min, words_max; /* TRACE and what follows it */
	/* Options of its own; NULL: none. take_more() gets the codes of `more`: 0, or -1 with err. */
	const struct option *more;
	int (*take_more)(struct view *view, int code, const char *value, struct err *err);
	size_t bytes; /* of the answer, which starts zeroed */
	/* 0, or -1 with err. words[words_max - 1] may be NULL. */
	int (*load)(void *answer, char **words, const struct view *view, struct err *err);
	/* False: something in between could not be started or failed; what `term` could not take shows there. */
	bool (*text)(const struct term *t, const void *answer, const struct view *view, const char *here);
	void (*json)(struct buf *out, const void *answer);
	void (*free)(void *answer); /* also of a zeroed or half-loaded one */
};

/* The whole command; returns its exit status. */
int answer_run(const struct answer *a, int argc, char **argv);

#endif
