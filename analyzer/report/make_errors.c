/* make_errors.c: heap errors in the model; see maker.h. */
#include "report/maker.h"

#include "names/runtime.h"

#include <stdio.h>
#include <string.h>

static uint64_t alignment_of(uint8_t log2)
{
	return log2 ? 1ull << log2 : 0;
}

static int make_error(struct report_error *out, struct maker *m, const struct heap_error *e, uint32_t number)
{
	*out = (struct report_error){
		.kind = e->kind,
		.instances = e->instances,
		.address = e->call.addr,
		.thread = e->thread,
		.call = report_entry_name(e->entry),
		.size = e->call.size,
		.alignment = alignment_of(e->call.align),
		.stack = stack_book_get(m->book, e->call.stack, report_entry_name(e->entry)),
		.has_block = e->at != 0,
		.block = e->at,
		.block_size = e->size,
		.block_alignment = alignment_of(e->call.block_align),
	};
	snprintf(out->id, sizeof out->id, "E%u", number);
	if (e->at)
		out->allocation = stack_book_get(m->book, e->stack, report_entry_name(e->block_entry));
	if (e->kind == HEAP_ERROR_DOUBLE_FREE && e->call.before)
		out->first_free = stack_book_get(m->book, e->call.before, "free");
	if (!out->stack || (e->at && !out->allocation))
		return -1;
	return fingerprint_error(&out->fingerprint, heap_error_name(e->kind), out->stack, out->allocation,
				 m->pool);
}

/* The file of the code that made a call, NULL: not known. */
static const char *caller_file(const struct trace *t, uint32_t stack)
{
	uint64_t module = stack < t->nnodes ? t->nodes[stack].frame >> LG_FRAME_MODULE_SHIFT : 0;

	for (size_t i = 0; i < t->nmodules; i++)
		if (t->modules[i].id == module)
			return t->modules[i].path;
	return NULL;
}

/* Any but the shared C++ runtime, and the library that is preloaded. */
static bool any_brings_operators(const struct trace *t)
{
	for (size_t i = 0; i < t->nmodules; i++) {
		const char *path = t->modules[i].path, *slash = strrchr(path, '/');

		if (!frame_is_runtime(NULL, slash ? slash + 1 : path) && brings_cxx_runtime(path))
			return true;
	}
	return false;
}

/* Code with operators of its own inside calls malloc and free where others call new and delete. */
static bool may_be_operators(const struct trace *t, const struct heap_error *e)
{
	bool is_free = lg_entry_ends(e->entry) == LG_ENTRIES_OF_MALLOC;
	uint32_t stack = is_free ? e->call.stack : e->stack;
	const char *file = caller_file(t, stack);

	if (e->kind != HEAP_ERROR_FAMILY)
		return false;
	return stack ? file && brings_cxx_runtime(file) : any_brings_operators(t);
}

int make_errors(struct report_process *p, struct maker *m)
{
	const struct heap_errors *found = &m->a->errors;
	struct report_error *errors = pool_take(m->pool, found->n * sizeof *errors);

	if (!errors)
		return -1;
	p->errors = errors;
	for (uint32_t i = 0; i < found->n; i++) {
		if (may_be_operators(&m->a->trace, &found->at[i]))
			continue;
		if (make_error(&errors[p->nerrors], m, &found->at[i], p->nerrors + 1))
			return -1;
		p->nerrors++;
	}
	return 0;
}
