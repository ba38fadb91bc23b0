/* growth.h: what survives and grows over the moments of a trace, by the place where it was allocated. */
#ifndef LG_REPORT_GROWTH_H
#define LG_REPORT_GROWTH_H

#include "base/buf.h"
#include "base/term.h"
#include "report/why.h"

/* What the bytes of a place did from moment to moment. */
#define LG_FITS(X)                                                                                           \
	X(NONE, NULL, "") /* there are fewer than three moments */                                           \
	X(STEADY, "constant", "it stays as it is")                                                           \
	X(BOUNDED, "bounded", "its high was not passed in the later half")                                   \
	X(LINEAR, "linear", "it grows on a straight line")                                                   \
	X(STEPS, "steps", "it grows by steps and rests in between")                                          \
	X(SLOWING, "slowing", "it only grows, but ever more slowly")                                         \
	X(RISING, "rising", "it only grows, but on no straight line")                                        \
	X(UNEVEN, "uneven", "it grows and shrinks, and its high is new")
enum fit {
#define X(name, text, words) FIT_##name,
	LG_FITS(X)
#undef X
};
const char *fit_name(enum fit fit); /* NULL of FIT_NONE */
const char *fit_words(enum fit fit);

struct growth_moment {
	const char *what; /* "snapshot", "mark", "exit", "end" */
	const char *name; /* that the program gave it; NULL: none */
	uint64_t number; /* from 1, among all moments of the trace */
	uint64_t snapshot; /* its number in the trace; 0: it is none */
	uint64_t events, since_ns; /* since_ns: from the first of the moments */
	struct sum live;
	bool is_apart; /* some time, or some work, lies between it and the one before */
};

struct growth_row {
	const struct report_stack *stack; /* of the newest survivor */
	const char *type; /* of all survivors; NULL: unknown, or not the same */
	struct sum *at; /* nmoments */
	struct sum *survived; /* nmoments: survivors by the number of moments they lived through, less one */
	int64_t bytes_grown; /* from the first moment to the last */
	uint64_t bytes_per_second; /* of what grew; 0: the clock tells no time */
	enum fit fit;
	bool has_newest;
	struct why newest; /* the newest survivor, and what holds it; its report is empty */
};

struct growth_process {
	struct growth_moment *moments;
	uint32_t nmoments, napart;
	uint32_t nbefore; /* of the trace, before its end */
	/* By bytes grown falling, then by bytes at the last moment, then by first birth */
	struct growth_row *rows;
	uint32_t nrows;
	uint64_t duration_ns; /* from the first moment to the last; 0: the clock tells no time */
	/* Of the process as it was at the last moment with a snapshot; the pool of all this */
	struct report report;
};

struct growth {
	struct growth_process *of; /* as named */
	uint32_t n;
	bool is_since; /* only what was allocated after the first moment */
};

struct growth_options {
	const char *since, *until; /* moments as a user names them; NULL: the first, the last */
	const struct report_options *report;
	bool before_end; /* the last is the last one before the end, where a program may have freed all */
	uint32_t needs; /* with fewer moments there are no rows */
	bool no_paths; /* nothing is said of what holds the newest */
};

/* Puts the places that grew at every moment before the end into each process of the report: `growing`, `nmoments`. What
 * they are made of is kept in `held`, which must live as long. */
int growth_find(struct growth *held, struct report *r, const struct report_options *options, struct err *err);

/* `paths` ends with NULL. */
int growth_load(struct growth *g, char *const *paths, const struct growth_options *options, struct err *err);
void growth_free(struct growth *g);

/* Tells which moments are apart; then fills in how a row grew, from what it had at each of these. */
void growth_space(struct growth_process *p);
void growth_judge(const struct growth_process *p, struct growth_row *row);

void growth_text(const struct term *term, const struct growth *g, bool all, const char *here);
void growth_json(struct buf *out, const struct growth *g);

#endif
