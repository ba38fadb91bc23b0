// The leaks of C of fingerprints.cc: functions that compilers copy, cut in parts and inline. Sizes from 1021 on.
#include "fingerprints.h"
#include <stdio.h>
#include <string.h>

// HERE

static void *volatile sink;

struct request {
	int size;
	char rest[100];
};

/* Its parameter is a constant: .constprop */
static NOINLINE void always_the_same(int n, int twice)
{
	sink = malloc((size_t)(twice ? 2 * n : n));
}

/* One member of what it points to is used: .isra */
static NOINLINE void by_pointer(const struct request *r)
{
	sink = malloc((size_t)r->size);
}

// HERE

/* An early return, and a rest that is rarely needed: .part, .cold */
static NOINLINE void rarely(int n, const char *text)
{
	if (__builtin_expect(n > 1000, 0)) {
		sink = malloc((size_t)n);
		if (!sink)
			puts(text);
	}
}

static NOINLINE void recursive(int depth, int n)
{
	if (depth)
		recursive(depth - 1, n);
	else
		sink = malloc((size_t)n);
	sink = sink;
}

static int compare(const void *a, const void *b)
{
	if (!sink)
		sink = malloc(1026);
	return memcmp(a, b, 1);
}

// HERE

static NOINLINE void by_callback(void)
{
	char word[] = "ba";

	sink = NULL;
	qsort(word, 2, 1, compare);
}

static void once(void)
{
	char *text = malloc(1027);

	sprintf(text, "%d", 1);
	sink = text;
}

void c_leaks(void)
{
	struct request request = { .size = 1022 };

	always_the_same(1021, 0);
	always_the_same(1021, 0);
	by_pointer(&request);
	rarely(1023, "never");
	recursive(3, 1024);
	sink = strdup(memset(request.rest, 'x', 99));
	by_callback();
	once();
	sink = NULL;
}
