/* groups.c: see groups.h. */
#include "report/groups.h"

#include <stdlib.h>
#include <string.h>

bool group_has_findings(const struct report_process *p)
{
	return report_lost(p).blocks || p->counts.nfound || p->nerrors || p->ngrowing ||
	       !report_is_complete(p);
}

static bool is_same_leak(const struct report_leak *a, const struct report_leak *b)
{
	return a->class == b->class && a->instances == b->instances && a->heads.blocks == b->heads.blocks &&
	       a->heads.bytes == b->heads.bytes && a->indirect.bytes == b->indirect.bytes &&
	       !strcmp(a->fingerprint.strict, b->fingerprint.strict);
}

/* Says the same about the same program. Sums first: they tell most apart. */
static bool is_same(const struct report_process *a, const struct report_process *b)
{
	if (a->nleaks != b->nleaks || a->nerrors || b->nerrors || a->ngrowing || b->ngrowing ||
	    a->nreasons != b->nreasons || a->ended != b->ended || a->status != b->status ||
	    a->signal != b->signal || a->is_judged != b->is_judged || a->nplaces_all != b->nplaces_all ||
	    report_lost(a).bytes != report_lost(b).bytes || strcmp(a->name, b->name))
		return false;
	for (uint32_t i = 0; i < a->nreasons; i++)
		if (strcmp(a->reasons[i].text, b->reasons[i].text))
			return false;
	for (uint32_t i = 0; i < a->nleaks; i++)
		if (!is_same_leak(&a->leaks[i], &b->leaks[i]))
			return false;
	return true;
}

/* The group that `p` belongs to; a new one at the end when there is none. The first process stays alone: it is
 * the program that the user started. */
static struct report_group *group_of(struct report_groups *groups, const struct report_process *p)
{
	for (uint32_t i = 1; i < groups->n; i++)
		if (is_same(groups->at[i].first, p))
			return &groups->at[i];
	groups->at[groups->n].first = p;
	return &groups->at[groups->n++];
}

static int add_member(struct report_group *group, const struct report_process *p)
{
	const struct report_process **members = realloc(group->members, (group->n + 1) * sizeof *members);

	if (!members)
		return -1;
	group->members = members;
	group->members[group->n++] = p;
	return 0;
}

/* By bytes lost in one member, then unjudged bytes, then as they came. */
static int compare_groups(const void *left, const void *right)
{
	const struct report_group *a = left, *b = right;
	uint64_t lost_a = report_lost(a->first).bytes, lost_b = report_lost(b->first).bytes;

	if (lost_a != lost_b)
		return lost_a > lost_b ? -1 : 1;
	if (a->first->unjudged.bytes != b->first->unjudged.bytes)
		return a->first->unjudged.bytes > b->first->unjudged.bytes ? -1 : 1;
	return (a->first > b->first) - (a->first < b->first);
}

int groups_make(struct report_groups *out, const struct report *r)
{
	*out = (struct report_groups){ calloc(r->nprocesses + 1, sizeof *out->at), 0 };
	if (!out->at)
		return -1;
	for (uint32_t i = 0; i < r->nprocesses; i++)
		if (add_member(group_of(out, &r->processes[i]), &r->processes[i])) {
			groups_free(out);
			return -1;
		}
	if (out->n > 1)
		qsort(out->at + 1, out->n - 1, sizeof *out->at, compare_groups);
	return 0;
}

void groups_free(struct report_groups *groups)
{
	for (uint32_t i = 0; i < groups->n; i++)
		free(groups->at[i].members);
	free(groups->at);
	*groups = (struct report_groups){ 0 };
}

bool groups_note_is_known(const struct report *r, uint32_t process, uint32_t note)
{
	const char *text = r->processes[process].notes[note];

	for (uint32_t i = 0; i <= process; i++)
		for (uint32_t k = 0; k < r->processes[i].nnotes && (i < process || k < note); k++)
			if (r->processes[i].notes[k] && !strcmp(r->processes[i].notes[k], text))
				return true;
	return false;
}
