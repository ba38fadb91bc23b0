/* variable.c: see variable.h. */
#include "models/variable.h"

static bool find_in_thread(struct names *names, const struct trace_snapshot *s,
			   const struct root_region *region, uint64_t at, struct variable *v)
{
	const struct trace_thread *t = &s->threads[region->thread_at];

	if (region->kind == ROOT_REGISTER)
		return names_register_variable(names, s, t, (unsigned)(at / 8), v);
	if (region->kind == ROOT_TLS && names_tls_variable(names, s, t, at, v))
		return true; /* else the outermost frames, which lie right below */
	return names_stack_variable(names, s, t, at, v);
}

bool root_variable(struct names *names, const struct heap *h, const struct root_region *region, uint64_t at,
		   struct variable *v)
{
	switch (region->kind) {
	case ROOT_GLOBAL:
	case ROOT_RELRO:
		return names_variable(names, region->module, at, v);
	case ROOT_STACK:
	case ROOT_REGISTER:
	case ROOT_TLS:
		return find_in_thread(names, h->snapshot, region, at, v);
	default:
		return false;
	}
}
