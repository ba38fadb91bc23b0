/* interleave.c: see interleave.h.
 *
 * Each call of the interpreter has one machine frame, its carrier, and one group of Python frames. As a rule there are as
 * many of one as of the other. More carriers than groups: the outer ones ran for another state of the thread, or the
 * Python frames were cut, and stay as they are. Fewer: the machine's stack was cut, and the outer groups have nothing to
 * stand for them; or the innermost carrier is in a part of the interpreter's code that has no name of its own, and its
 * group goes with the next. */
#include "record/interleave.h"

#include "leakgraph/ring.h"

#include <stdbool.h>

struct weave {
	struct frames python;
	size_t next; /* Python frame not yet written */
	uint64_t *out;
	size_t n;
};

static size_t count_groups(struct frames python)
{
	size_t n = 0;

	for (size_t i = 0; i < python.n; i++)
		n += python.at[i] == INTERLEAVE_ENTRY || i + 1 == python.n;
	return n;
}

static size_t count_carriers(struct frames machine, uint64_t start, uint64_t end)
{
	size_t n = 0;

	for (size_t i = 0; i < machine.n; i++)
		n += machine.at[i] - start < end - start;
	return n;
}

static bool is_cut(struct frames machine)
{
	return machine.n && machine.at[machine.n - 1] == LG_FRAME_TRUNCATED;
}

/* False: what is further out of the Python frames is not known, so nothing can follow. */
static bool put_group(struct weave *w)
{
	while (w->next < w->python.n) {
		uint64_t frame = w->python.at[w->next++];

		if (frame == INTERLEAVE_ENTRY)
			return true;
		w->out[w->n++] = frame;
		if (frame == LG_FRAME_TRUNCATED)
			return false;
	}
	return true;
}

static bool put_groups(struct weave *w, size_t n)
{
	while (n--)
		if (!put_group(w))
			return false;
	return true;
}

size_t interleave(struct frames machine, struct frames python, uint64_t start, uint64_t end, uint64_t *out)
{
	struct weave w = { .python = python, .out = out };
	size_t groups = count_groups(python), carriers = count_carriers(machine, start, end);
	size_t left = groups > carriers ? groups - carriers : 0,
	       inner = carriers && !is_cut(machine) ? left : 0;
	size_t shown = machine.n - is_cut(machine);

	for (size_t i = 0; i < shown; i++) {
		bool carries = machine.at[i] - start < end - start && w.next < python.n;

		if (!carries)
			out[w.n++] = machine.at[i];
		else if (!put_groups(&w, 1 + inner))
			return w.n;
		inner = carries ? 0 : inner;
	}
	if (put_groups(&w, left) && is_cut(machine))
		out[w.n++] = LG_FRAME_TRUNCATED;
	return w.n;
}
