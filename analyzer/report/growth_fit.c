/* growth_fit.c: what the bytes of a place did from moment to moment; see growth_fit.h. */
#include "report/growth_fit.h"

#include <stdlib.h>

#define STRAIGHT 0.99 /* of the bytes' variance that a straight line explains */

/* How much of y a straight line over x explains, 0 to 1: the square of their correlation. */
static double straightness(const double *x, const struct sum *y, uint32_t n)
{
	double mx = 0, my = 0, xx = 0, xy = 0, yy = 0;

	for (uint32_t i = 0; i < n; i++) {
		mx += x[i] / n;
		my += (double)y[i].bytes / n;
	}
	for (uint32_t i = 0; i < n; i++) {
		double dx = x[i] - mx, dy = (double)y[i].bytes - my;

		xx += dx * dx;
		xy += dx * dy;
		yy += dy * dy;
	}
	return xx > 0 && yy > 0 ? xy * xy / (xx * yy) : 0;
}

/* Over time, or over the work that the program did meanwhile, as its events tell. */
static bool is_straight(const struct growth_moment *moments, uint32_t n, const struct sum *at)
{
	double *x = malloc(n * sizeof *x);
	double best = 0;

	for (int over = 0; x && over < 2; over++) {
		for (uint32_t i = 0; i < n; i++)
			x[i] = (double)(over ? moments[i].events : moments[i].since_ns);
		double found = straightness(x, at, n);
		best = found > best ? found : best;
	}
	free(x);
	return best >= STRAIGHT;
}

static uint64_t highest(const struct sum *at, uint32_t from, uint32_t to)
{
	uint64_t high = 0;

	for (uint32_t i = from; i < to; i++)
		high = at[i].bytes > high ? at[i].bytes : high;
	return high;
}

enum fit growth_fit(const struct growth_moment *moments, uint32_t n, const struct sum *at)
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
	if (rises < n - 1)
		return FIT_STEPS;
	return is_straight(moments, n, at) ? FIT_LINEAR : FIT_RISING;
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
