/* modules.c: from the trace's modules to their objects. */
#include "names/inside.h"

static const struct trace_module *module_of(const struct names *n, uint64_t id)
{
	size_t low = 0, high = n->trace->nmodules;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (n->trace->modules[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return id && low < n->trace->nmodules && n->trace->modules[low].id == id ? &n->trace->modules[low]
										 : NULL;
}

static struct object *object_for(struct names *n, const struct trace_module *module)
{
	struct object **slot = &n->by_module[module - n->trace->modules];

	if (!*slot)
		*slot = object_of(n, module);
	return *slot;
}

struct object *object_with(struct names *n, uint64_t module_id, const struct trace_module **module)
{
	*module = module_of(n, module_id);
	return *module ? object_for(n, *module) : NULL;
}

struct object *object_over(struct names *n, uint64_t address, const struct trace_module **module)
{
	const struct trace *t = n->trace;

	*module = NULL;
	for (size_t i = t->nmodules; i-- > 0 && !*module;)
		if (address - t->modules[i].start < t->modules[i].end - t->modules[i].start)
			*module = &t->modules[i];
	return *module ? object_for(n, *module) : NULL;
}
