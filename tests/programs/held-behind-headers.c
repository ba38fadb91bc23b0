/* held-behind-headers.c: strings behind their lengths, records known by their links, and one state that two words know behind
 * its start, and pages that are known by what stands behind them, one of which is being read: all held. Lines that a cursor has
 * gone into, some of which are known by their starts, spools with a cursor each, and a buffer that one word knows are possible
 * leaks. */
// expect: direct=0/0 cycle=0/0 indirect=0/0 possible=12/1944 reachable=21/5776
// site: possible hold_lines @line
// site: possible hold_buffer @buffer
// site: possible hold_spools @spool
#include "victim.h"

#include <string.h>

#define STRINGS 4
#define RECORDS 3
#define LINES 6
#define PAGES 9
#define SPOOLS 9

struct link {
	struct link *next;
};
struct record {
	uint64_t id;
	struct link link;
};

static char *volatile strings[STRINGS];
static struct link *volatile records;
static char *volatile lines[LINES];
struct page {
	char bytes[512];
	struct link link;
	char more[80];
};

static struct link *volatile pages;
static char *volatile reading, *volatile spools[SPOOLS];
static char *volatile state, *volatile same_state, *volatile buffer;

static volatile int nstrings = STRINGS, nrecords = RECORDS, nlines = LINES, npages = PAGES,
		    nspools = SPOOLS; /* no loop is unrolled: each has one call */

NOINLINE static char *allocate(size_t bytes)
{
	char *p = calloc(1, bytes);

	escape(p);
	return p;
}

/* Headers of 1 and of 3 bytes, by what is to come. */
NOINLINE static void hold_strings(void)
{
	for (int i = 0; i < nstrings; i++)
		strings[i] = allocate(40) + (i % 2 ? 1 : 3);
}

NOINLINE static void hold_records(void)
{
	for (int i = 0; i < nrecords; i++) {
		struct record *r = calloc(1, sizeof *r);

		escape(r);
		r->link.next = records;
		records = &r->link;
	}
}

NOINLINE static void hold_lines(void)
{
	for (int i = 0; i < nlines; i++) {
		char *line = calloc(1, 24); /* @line */

		escape(line);
		lines[i] = line + (i < 2 ? 5 : 0);
	}
}

NOINLINE static struct page *new_page(void)
{
	struct page *page = calloc(1, sizeof *page);

	escape(page);
	return page;
}

NOINLINE static void hold_pages(void)
{
	for (int i = 0; i < npages; i++) {
		struct page *page = new_page();

		page->link.next = pages;
		pages = &page->link;
	}
	reading = (char *)pages - offsetof(struct page, link) + 101;
}

NOINLINE static void hold_spools(void)
{
	for (int i = 0; i < nspools; i++) {
		char *spool = calloc(1, 200); /* @spool */

		escape(spool);
		spools[i] = spool + 70 + 8 * i;
	}
}

NOINLINE static void hold_state(void)
{
	state = same_state = (char *)calloc(1, 72) + 8;
}

NOINLINE static void hold_buffer(void)
{
	buffer = (char *)calloc(1, 96) + 8; /* @buffer */
}

int main(void)
{
	hold_strings();
	hold_records();
	hold_lines();
	hold_pages();
	hold_spools();
	hold_state();
	hold_buffer();
	return 0;
}
