/* growth_fit.c: what the bytes of a place did from moment to moment; see growth_fit.h. */
#include "report/growth_fit.h"

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
	if (rises == 1 && !at[0].bytes)
		return FIT_NEW;
	if (straightness(at, n, 0) >= STRAIGHT || straightness(at, n, 1) >= STRAIGHT)
		return FIT_LINEAR;
	if (rises < n - 1)
		return FIT_STEPS;
	return is_slowing(at, n, 0) && is_slowing(at, n, 1) ? FIT_SLOWING : FIT_RISING;
}

void growth_space(struct growth_moment *moments, uint32_t n)
{
	const struct growth_moment *first = moments, *last = first + n - 1, *before = first;

	for (struct growth_moment *m = moments; m <= last; m++) {
		uint64_t ns = m->since_ns - before->since_ns, events = m->events - before->events;

		m->is_apart = m == first ||
			      (double)ns * BESIDE * n > (double)(last->since_ns - first->since_ns) ||
			      (double)events * BESIDE * n > (double)(last->events - first->events);
		before = m->is_apart ? m : before;
	}
}

enum fit growth_fit(const struct growth_moment *moments, uint32_t n, const struct sum *at)
{
	struct point *points = malloc(n * sizeof *points);
	uint32_t napart = 0;

	for (uint32_t i = 0; points && i < n; i++)
		if (moments[i].is_apart)
			points[napart++] =
			    (struct point){ { (double)moments[i].since_ns, (double)moments[i].events },
					    (double)at[i].bytes };
	enum fit fit = fit_of(points, napart);
	free(points);
	return fit;
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
