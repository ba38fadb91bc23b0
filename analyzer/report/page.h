/* page.h: the parts of the report for people; see text.h. */
#ifndef LG_REPORT_PAGE_H
#define LG_REPORT_PAGE_H

#include "report/groups.h"
#include "report/page_findings.h"

#define PAGE_HOLDER_BYTES (64u << 10) /* less is no suspect, unless reachable blocks are asked for */

#define OVER_RELEASED "over-released object" /* it counts fewer owners than it has */

/* ", 2 heap errors", for what a headline that says "no leaks" must not hide; nothing for 0. */
void page_also(const struct term *t, uint64_t n, const char *what);
/* How the processes of a group ended and what each lost, on one line. */
void page_headline(struct page *g, const struct report_group *group);
/* What a group's first process lost, what is still held, and what that rests on. */
void page_details(struct page *g, const struct report_group *group);

#endif
