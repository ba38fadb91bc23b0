/* finding.c: see finding.h. */
#include "report/finding.h"

struct finding finding_of_error(const struct report_process *p, struct report_error *e)
{
	return (struct finding){
		.process = p,
		.error = e,
		.kind = FINDING_HEAP_ERROR,
		.id = e->id,
		.name = heap_error_name(e->kind),
		.fingerprint = &e->fingerprint,
		.stack = e->stack,
		.sum = { e->instances, 0 },
		.baseline = &e->baseline,
		.is_unsteady = &e->is_unsteady,
	};
}

struct finding finding_of_leak(const struct report_process *p, struct report_leak *leak)
{
	return (struct finding){
		.process = p,
		.leak = leak,
		.kind = leak->growth ? (unsigned)FINDING_GROWTH : (unsigned)leak->class,
		.id = leak->id,
		.name = leak->kind,
		.fingerprint = &leak->fingerprint,
		.stack = leak->stack,
		.sum = { leak->heads.blocks + leak->indirect.blocks,
			 leak->heads.bytes + leak->indirect.bytes },
		.baseline = &leak->baseline,
		.is_unsteady = &leak->is_unsteady,
	};
}

bool finding_at(struct finding *f, const struct report_process *p, uint32_t number)
{
	if (number < p->nerrors)
		*f = finding_of_error(p, &p->errors[number]);
	else if ((number -= p->nerrors) < p->nleaks)
		*f = finding_of_leak(p, &p->leaks[number]);
	else if ((number -= p->nleaks) < p->ngrowing)
		*f = finding_of_leak(p, &p->growing[number]);
	else
		return false;
	return true;
}

const char *finding_kind_name(unsigned kind)
{
	if (kind == FINDING_HEAP_ERROR)
		return "heap-error";
	return kind == FINDING_GROWTH ? "growth" : leak_class_name((enum leak_class)kind);
}
