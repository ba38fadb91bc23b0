/* page.h: the parts of the report for people; see text.h. */
#ifndef LG_REPORT_PAGE_H
#define LG_REPORT_PAGE_H

#include "report/groups.h"
#include "report/lines.h"
#include "report/text.h"

#define PAGE_FINDINGS_SHOWN 10u
#define PAGE_HOLDER_BYTES (64u << 10) /* less is no suspect, unless reachable blocks are asked for */

/* One report being written. */
struct page {
	const struct term *term;
	const struct text_options *options;
	struct lines lines; /* for the process at hand */
	bool is_alone; /* there is one process */
};

/* How the processes of a group ended and what each lost, on one line. */
void page_headline(struct page *g, const struct report_group *group);
/* What a group's first process lost, what is still held, and what that rests on. */
void page_details(struct page *g, const struct report_group *group);
/* Whether they are listed: those of sampled processes are all there is. */
bool page_shows_possible(const struct page *g, const struct report_process *p);
bool page_shows_reachable(const struct page *g, const struct report_process *p);
/* Heap errors, leaks, and places if they are asked for. */
void page_findings(struct page *g, const struct report_process *p);

#endif
