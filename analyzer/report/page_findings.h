/* page_findings.h: the page for people that is being written, and the leaks, places and heap errors of one process on it. */
#ifndef LG_REPORT_PAGE_FINDINGS_H
#define LG_REPORT_PAGE_FINDINGS_H

#include "report/lines.h"
#include "report/text.h"

#define PAGE_FINDINGS_SHOWN 10u

/* One report being written. */
struct page {
	const struct term *term;
	const struct text_options *options;
	struct lines lines; /* for the process at hand */
	bool is_alone; /* there is one process */
};

/* Whether they are listed: those of sampled processes are all there is. */
bool page_shows_possible(const struct page *g, const struct report_process *p);
bool page_shows_reachable(const struct page *g, const struct report_process *p);
/* Heap errors, leaks, and places if they are asked for. */
void page_findings(struct page *g, const struct report_process *p);

#endif
