/* growth_fit.c: what the bytes of a place did from moment to moment; see growth.h. */
#include "report/growth.h"

#include <stdlib.h>

#define STRAIGHT 0.99 /* of the bytes' variance that a straight line explains */
#define SLOWER 0.67 /* of the earlier half's gain, as the later half's */
#define BESIDE 8u /* a moment so many times nearer than the mean tells nothing of its own */

/* What a place had at a moment that is apart; `over` time, and the work that the program did, as its events tell. */
struct point {
	double over[2], bytes;
};

/* How much of the bytes a straight line explains, 0 to 1: the square of their correlation. */
static double straightness(const struct point *at, uint32_t n, int over)
{
	double mx = 0, my = 0, xx = 0, xy = 0, yy = 0;

	for (uint32_t i = 0; i < n; i++) {
		mx += at[i].over[over] / n;
		my += at[i].bytes / n;
	}
	for (uint32_t i = 0; i < n; i++) {
		double dx = at[i].over[over] - mx, dy = at[i].bytes - my;

		xx += dx * dx;
		xy += dx * dy;
		yy += dy * dy;
	}
	return xx > 0 && yy > 0 ? xy * xy / (xx * yy) : 0;
}

static bool is_slowing(const struct point *at, uint32_t n, int over)
{
	const struct point *first = at, *middle = at + n / 2, *last = at + n - 1;
	double early = middle->over[over] - first->over[over], late = last->over[over] - middle->over[over];

	return (last->bytes - middle->bytes) * early <= SLOWER * (middle->bytes - first->bytes) * late;
}

static double highest(const struct point *at, uint32_t from, uint32_t to)
{
	double high = 0;

	for (uint32_t i = from; i < to; i++)
		high = at[i].bytes > high ? at[i].bytes : high;
	return high;
}

static enum fit fit_of(const struct point *at, uint32_t n)
{
	uint32_t rises = 0, falls = 0;

	if (n < 3)
		return FIT_NONE;
	for (uint32_t i = 1; i < n; i++) {
		rises += at[i].bytes > at[i - 1].bytes;
		falls += at[i].bytes < at[i - 1].bytes;
	}
	if (!rises && !falls)
		return FIT_STEADY;
	if (highest(at, n - n / 2, n) <= highest(at, 0, n - n / 2))
		return FIT_BOUNDED;
	if (falls)
		return FIT_UNEVEN;
	if (straightness(at, n, 0) >= STRAIGHT || straightness(at, n, 1) >= STRAIGHT)
		return FIT_LINEAR;
	if (rises < n - 1)
		return FIT_STEPS;
	return is_slowing(at, n, 0) && is_slowing(at, n, 1) ? FIT_SLOWING : FIT_RISING;
}

void growth_space(struct growth_process *p)
{
	const struct growth_moment *first = p->moments, *last = first + p->nmoments - 1, *before = first;

	for (struct growth_moment *m = p->moments; m <= last; m++) {
		uint64_t ns = m->since_ns - before->since_ns, events = m->events - before->events;

		m->is_apart =
		    m == first ||
		    (double)ns * BESIDE * p->nmoments > (double)(last->since_ns - first->since_ns) ||
		    (double)events * BESIDE * p->nmoments > (double)(last->events - first->events);
		before = m->is_apart ? m : before;
		p->napart += m->is_apart;
	}
}

static enum fit judge(const struct growth_process *p, const struct sum *at)
{
	struct point *points = malloc(p->napart * sizeof *points);
	uint32_t n = 0;

	for (uint32_t i = 0; points && i < p->nmoments; i++)
		if (p->moments[i].is_apart)
			points[n++] =
			    (struct point){ { (double)p->moments[i].since_ns, (double)p->moments[i].events },
					    (double)at[i].bytes };
	enum fit fit = fit_of(points, n);
	free(points);
	return fit;
}

void growth_judge(const struct growth_process *p, struct growth_row *row)
{
	uint64_t first = row->at[0].bytes, last = row->at[p->nmoments - 1].bytes;

	row->bytes_grown = (int64_t)(last - first);
	row->fit = judge(p, row->at);
	if (row->bytes_grown > 0 && p->duration_ns)
		row->bytes_per_second = (uint64_t)((double)row->bytes_grown * 1e9 / (double)p->duration_ns);
}

const char *fit_name(enum fit fit)
{
	static const char *const names[] = {
#define X(name, text, words) text,
		LG_FITS(X)
#undef X
	};

	return names[fit];
}

const char *fit_words(enum fit fit)
{
	static const char *const all[] = {
#define X(name, text, words) words,
		LG_FITS(X)
#undef X
	};

	return all[fit];
}
