/* growth_fit.h: the moments of a trace, and what the bytes of a place did from one to the next. */
#ifndef LG_REPORT_GROWTH_FIT_H
#define LG_REPORT_GROWTH_FIT_H

#include "heap/heap.h"

/* What the bytes of a place did from moment to moment. */
#define LG_FITS(X)                                                                                           \
	X(NONE, NULL, "") /* there are fewer than three moments */                                           \
	X(STEADY, "constant", "it stays as it is")                                                           \
	X(BOUNDED, "bounded", "its high was not passed in the later half")                                   \
	X(LINEAR, "linear", "it grows on a straight line")                                                   \
	X(STEPS, "steps", "it grows by steps and rests in between")                                          \
	X(SLOWING, "slowing", "it only grows, but ever more slowly")                                         \
	X(RISING, "rising", "it only grows, but on no straight line")                                        \
	X(UNEVEN, "uneven", "it grows and shrinks, and its high is new")                                     \
	X(NEW, "new", "there was nothing before, and all of it came between two moments")
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

void growth_space(struct growth_moment *moments, uint32_t n); /* tells which are apart */
/* By what the place had at each of these. */
enum fit growth_fit(const struct growth_moment *moments, uint32_t n, const struct sum *at);

#endif
