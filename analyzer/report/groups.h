/* groups.h: processes that say the same, told once: a test suite's 200 runs of one program are one finding. */
#ifndef LG_REPORT_GROUPS_H
#define LG_REPORT_GROUPS_H

#include "report/model.h"

struct report_group {
	const struct report_process *first; /* the one whose details stand for all */
	const struct report_process **members; /* owned; in the report's order */
	uint32_t n;
};

struct report_groups {
	/* Owned; the report's first process first, then by bytes lost, then as they came */
	struct report_group *at;
	uint32_t n;
};

int groups_make(struct report_groups *out, const struct report *r);
void groups_free(struct report_groups *groups);

/* Lost blocks, or a verdict that is degraded. */
bool group_has_findings(const struct report_process *p);
/* The note was there in an earlier process, or earlier in this one. */
bool groups_note_is_known(const struct report *r, uint32_t process, uint32_t note);

#endif
