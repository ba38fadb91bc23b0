/* model.c: see model.h. Loads one trace at a time, so that a tree of hundreds of images needs the memory of its
 * largest. */
#include "report/model.h"
#include "base/version.h"
#include "report/holders.h"
#include "names/runtime.h"
#include "report/counted.h"
#include "report/places.h"
#include "report/roots.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static int no_memory(struct err *err)
{
	return fail(err, "out of memory while making the report");
}

struct sum report_lost(const struct report_process *p)
{
	struct sum lost = { 0, 0 };

	for (enum leak_class class = CLASS_DIRECT; class <= CLASS_INDIRECT; class ++) {
		lost.blocks += p->sums[class].blocks;
		lost.bytes += p->sums[class].bytes;
	}
	return lost;
}

/* ---- one leak ------------------------------------------------------------------------------------------ */

/* What making a process's findings needs at every step. */
struct maker {
	struct analysis *a;
	struct stack_book *book;
	struct pool *pool;
};

const char *report_entry_name(uint8_t entry)
{
	static const char *const names[] = {
#define X(name, number, text) [number] = text,
		LG_ENTRIES(X)
#undef X
	};

	return entry < sizeof names / sizeof *names ? names[entry] : "?";
}

static const struct report_stack *stack_of(struct maker *m, uint32_t block)
{
	const struct block *b = &m->a->heap.blocks[block];

	return stack_book_get(m->book, b->stack, report_entry_name(b->entry));
}

static const char *type_of(struct maker *m, uint32_t block)
{
	return pool_text(m->pool, models_type(&m->a->models, block));
}

/* The type that all of the blocks have. */
static const char *common_type(struct maker *m, const uint32_t *blocks, uint32_t n)
{
	const char *first = n ? models_type(&m->a->models, blocks[0]) : NULL;

	for (uint32_t i = 1; first && i < n; i++)
		if (models_type(&m->a->models, blocks[i]) != first)
			return NULL;
	return pool_text(m->pool, first);
}

static const char *field_of(struct maker *m, uint32_t block, uint64_t offset)
{
	char text[REPORT_FIELD_MAX];

	return models_field(&m->a->models, block, offset, text, sizeof text) ? pool_text(m->pool, text)
									     : NULL;
}

/* Puts a size among the smallest distinct ones, rising. */
static uint32_t add_size(uint64_t *sizes, uint32_t n, uint64_t size)
{
	uint32_t at = n, end = n < REPORT_SIZES_MAX ? n : n - 1;

	while (at && sizes[at - 1] > size)
		at--;
	if ((at && sizes[at - 1] == size) || at == REPORT_SIZES_MAX)
		return n;
	memmove(sizes + at + 1, sizes + at, (end - at) * sizeof *sizes);
	sizes[at] = size;
	return n < REPORT_SIZES_MAX ? n + 1 : n;
}

static int note_sizes(struct report_leak *out, struct maker *m, const uint32_t *blocks, uint32_t n)
{
	uint64_t *sizes = pool_take(m->pool, (n < REPORT_SIZES_MAX ? n : REPORT_SIZES_MAX) * sizeof *sizes);

	if (!sizes)
		return -1;
	for (uint32_t i = 0; i < n; i++)
		out->nsizes = add_size(sizes, out->nsizes, m->a->heap.blocks[blocks[i]].size);
	out->sizes = sizes;
	return 0;
}

static int note_addresses(struct report_leak *out, struct maker *m, const uint32_t *blocks, uint32_t n)
{
	uint32_t kept = n < REPORT_ADDRESSES_MAX ? n : REPORT_ADDRESSES_MAX;
	uint64_t *addresses = pool_take(m->pool, kept * sizeof *addresses);

	if (!addresses)
		return -1;
	for (uint32_t i = 0; i < kept; i++)
		addresses[i] = m->a->heap.blocks[blocks[i]].addr;
	out->addresses = addresses;
	out->naddresses = kept;
	return 0;
}

static int note_ring(struct report_leak *out, struct maker *m, const struct leak *leak)
{
	struct report_edge *edges = pool_take(m->pool, leak->nedges * sizeof *edges);

	if (!edges)
		return -1;
	for (uint32_t i = 0; i < leak->nedges; i++) {
		const struct block *from = &m->a->heap.blocks[leak->edges[i].from];

		edges[i] = (struct report_edge){
			.from = from->addr,
			.to = m->a->heap.blocks[leak->edges[i].to].addr,
			.offset = leak->edges[i].offset,
			.from_bytes = from->size,
			.from_stack = stack_of(m, leak->edges[i].from),
			.field = field_of(m, leak->edges[i].from, leak->edges[i].offset),
			.from_type = type_of(m, leak->edges[i].from),
			.to_type = type_of(m, leak->edges[i].to),
		};
		if (!edges[i].from_stack)
			return -1;
	}
	if (leak->break_edge < leak->nedges)
		edges[leak->break_edge].break_reason = leak->break_reason;
	out->edges = edges;
	out->nedges = leak->nedges;
	out->cycle_length = leak->cycle_length;
	out->members = leak->members;
	return 0;
}

static int make_leak(struct report_leak *out, struct maker *m, const struct leak *leak, uint32_t number)
{
	*out = (struct report_leak){
		.kind = leak_class_name(leak->kind),
		.class = leak->kind,
		.instances = leak->instances,
		.heads = leak->heads,
		.indirect = leak->indirect,
		.retained_bytes = leak->retained_bytes,
		.stack =
		    leak->nblocks ? stack_of(m, leak->blocks[0]) : stack_book_get(m->book, leak->stack, "?"),
		.type = common_type(m, leak->blocks, leak->nblocks),
	};
	snprintf(out->id, sizeof out->id, "L%u", number);
	if (!out->stack || fingerprint_stack(&out->fingerprint, out->stack, m->pool) ||
	    counted_leak(out, m->a, leak, m->pool) || note_sizes(out, m, leak->blocks, leak->nblocks) ||
	    note_addresses(out, m, leak->blocks, leak->nblocks))
		return -1;
	return leak->kind == CLASS_CYCLE ? note_ring(out, m, leak) : 0;
}

static int make_leaks(struct report_process *p, struct maker *m)
{
	const struct leak_set *set = &m->a->leaks;
	struct report_leak *leaks = pool_take(m->pool, set->nleaks * sizeof *leaks);

	if (!leaks)
		return -1;
	for (uint32_t i = 0; i < set->nleaks; i++)
		if (make_leak(&leaks[i], m, &set->leaks[i], i + 1))
			return -1;
	p->leaks = leaks;
	p->nleaks = set->nleaks;
	return 0;
}

/* ---- heap errors --------------------------------------------------------------------------------------- */

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
	return fingerprint_stack(&out->fingerprint, out->stack, m->pool);
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

/* Code with operators of its own inside calls malloc and free where others call new and delete. */
static bool may_be_operators(const struct trace *t, const struct heap_error *e)
{
	bool is_free = lg_entry_ends(e->entry) == LG_ENTRIES_OF_MALLOC;
	const char *file = caller_file(t, is_free ? e->call.stack : e->stack);

	return e->kind == HEAP_ERROR_FAMILY && file && brings_cxx_runtime(file);
}

static int make_errors(struct report_process *p, struct maker *m)
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

/* ---- places -------------------------------------------------------------------------------------------- */

static int make_place(struct report_leak *out, struct maker *m, const struct places *found,
		      const struct place *at)
{
	const uint32_t *blocks = found->blocks + at->first;

	*out = (struct report_leak){
		.kind = m->a->is_judged ? leak_class_name(CLASS_REACHABLE) : "live",
		.class = m->a->is_judged ? CLASS_REACHABLE : LEAK_CLASSES,
		.instances = at->sum.blocks,
		.heads = at->sum,
		.stack = stack_of(m, blocks[0]),
		.type = common_type(m, blocks, (uint32_t)at->sum.blocks),
	};
	return !out->stack || fingerprint_stack(&out->fingerprint, out->stack, m->pool) ||
		       note_sizes(out, m, blocks, (uint32_t)at->sum.blocks) ||
		       note_addresses(out, m, blocks, (uint32_t)at->sum.blocks)
		   ? -1
		   : 0;
}

/* Unjudged: all live blocks by place. Judged: the reachable ones. */
static int make_places(struct report_process *p, struct maker *m, bool all)
{
	struct places found;
	int failed =
	    places_find(&found, &m->a->heap, m->a->is_judged ? m->a->classes.of : NULL, CLASS_REACHABLE);
	uint32_t kept = all || found.n < REPORT_PLACES_MAX ? found.n : REPORT_PLACES_MAX;
	struct report_leak *places = pool_take(m->pool, kept * sizeof *places);

	failed |= !places;
	for (uint32_t i = 0; i < kept && !failed; i++)
		failed = make_place(&places[i], m, &found, &found.at[i]);
	if (!failed) {
		p->places = places;
		p->nplaces = kept;
		p->nplaces_all = found.n;
	}
	places_free(&found);
	return failed ? -1 : 0;
}

/* ---- holders ------------------------------------------------------------------------------------------- */

static int make_holder(struct report_holder *out, struct maker *m, const struct holder *h)
{
	const struct root_region *region = &m->a->graph.regions[h->region];

	*out = (struct report_holder){
		.text = root_holder_text(m->pool, m->a->names, &m->a->heap, region, h->at, h->is_named),
		.kind = root_kind_name(region->kind),
		.retained = h->retained,
		.main = h->main,
		.main_stack = stack_of(m, h->main_block),
		.main_type = type_of(m, h->main_block),
	};
	return out->text && out->main_stack ? 0 : -1;
}

static int make_holders(struct report_process *p, struct maker *m, struct err *err)
{
	struct holders found;
	int failed = holders_find(&found, m->a, err);
	struct report_holder *holders = pool_take(m->pool, HOLDERS_MAX * sizeof *holders);

	for (uint32_t i = 0; !failed && holders && i < found.nheaviest; i++)
		if (make_holder(&holders[i], m, &found.at[found.heaviest[i]]))
			failed = no_memory(err);
	if (!failed && holders) {
		p->holders = holders;
		p->nholders = found.nheaviest;
	}
	holders_free(&found);
	return failed || holders ? failed : no_memory(err);
}

/* ---- one process --------------------------------------------------------------------------------------- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* What the user would call it: the name it was started by, without a login shell's dash. */
static const char *process_name(const struct trace_process *t)
{
	const char *name = t->argc && t->argv[0] && *t->argv[0] ? base_name(t->argv[0]) : "";

	name += *name == '-';
	if (!*name && t->executable)
		name = base_name(t->executable);
	return *name ? name : "?";
}

static int copy_command(struct report_process *p, const struct trace_process *t, struct pool *pool)
{
	char **argv = pool_take(pool, ((size_t)t->argc + 1) * sizeof *argv);

	if (!argv)
		return -1;
	for (uint32_t i = 0; i < t->argc; i++)
		argv[i] = pool_text(pool, t->argv[i] ? t->argv[i] : "");
	p->argv = argv;
	return 0;
}

#define SMALL_ANONYMOUS (1ull << 20) /* TLS, .bss and the like of a program that allocates nothing */

/* Whether a process without a single event has memory that some allocator may have made of its own. */
static bool has_unseen_heap(const struct analysis *a)
{
	uint64_t anonymous = 0;

	if (a->heap.totals.events)
		return false;
	if (!a->snapshot)
		return true;
	for (size_t i = 0; i < a->snapshot->nmappings; i++) {
		const struct trace_mapping *m = &a->snapshot->mappings[i];

		if (m->path && !strcmp(m->path, "[heap]"))
			return true;
		if (m->prot & PROT_WRITE && !(m->flags & (LG_MAPPING_SHIM | LG_MAPPING_SHARED)) &&
		    !(m->path && *m->path))
			anonymous += m->end - m->start;
	}
	return anonymous > SMALL_ANONYMOUS;
}

static int copy_facts(struct report_process *p, const struct analysis *a, struct pool *pool)
{
	const struct trace_process *t = &a->trace.process;
	const struct trace_end *end = &a->trace.end;

	*p = (struct report_process){
		.trace = pool_text(pool, a->trace.path),
		.name = pool_text(pool, process_name(t)),
		.executable = pool_text(pool, t->executable ? t->executable : ""),
		.directory = pool_text(pool, t->directory ? t->directory : ""),
		.pid = t->pid,
		.parent_pid = t->parent_pid,
		.image = t->image,
		.order = t->hello_key,
		.ended = (enum lg_ending)end->ending,
		.status = end->status,
		.signal = end->signal,
		.is_judged = a->is_judged,
		.has_unseen_heap = has_unseen_heap(a),
		.totals = a->heap.totals,
		.events_lost = end->lost_allocs + end->lost_frees,
		.threads = end->present ? end->threads : a->heap.totals.threads,
		.duration_ns = end->duration_ns,
		.recorder_cpu_ns = end->recorder_cpu_ns,
	};
	if (a->is_judged)
		memcpy(p->sums, a->classes.sums, sizeof p->sums);
	else
		p->unjudged = (struct sum){ p->totals.live_blocks, p->totals.live_bytes };
	return p->trace && p->name && p->executable && p->directory ? copy_command(p, t, pool) : -1;
}

static int copy_notes(struct report_process *p, struct analysis *a, struct pool *pool)
{
	const char *const *notes = NULL;
	const char *of_models[MODELS_MAX];
	size_t n = a->names ? names_notes(a->names, &notes) : 0, more = models_notes(&a->models, of_models);
	const char **copies = pool_take(pool, (n + more) * sizeof *copies);

	if (!copies)
		return -1;
	for (size_t i = 0; i < n + more; i++)
		copies[i] = pool_text(pool, i < n ? notes[i] : of_models[i - n]);
	p->notes = copies;
	p->nnotes = (uint32_t)(n + more);
	return 0;
}

static bool has_findings(const struct analysis *a, const struct report_options *options)
{
	return a->leaks.nleaks || a->counts.objects || a->errors.n ||
	       (a->heap.nblocks && (!a->is_judged || options->with_reachable || options->with_holders));
}

int report_process(struct report_process *p, struct analysis *a, struct stack_book *book, struct pool *pool,
		   const struct report_options *options, struct err *err)
{
	struct maker m = { a, book, pool };
	bool wants_holders = options->with_holders || (options->with_suspects && a->leaks.nleaks);

	if (copy_facts(p, a, pool) || report_verdict(p, a, pool))
		return no_memory(err);
	if (!has_findings(a, options))
		return 0;
	book->names = a->names;
	if (make_leaks(p, &m) || make_errors(p, &m))
		return no_memory(err);
	if (counted_process(p, a, book, pool, err))
		return -1;
	if ((!a->is_judged || options->with_reachable) && make_places(p, &m, options->all_places))
		return no_memory(err);
	if (a->is_judged && wants_holders && make_holders(p, &m, err))
		return -1;
	return copy_notes(p, a, pool) ? no_memory(err) : 0;
}

int report_one(struct report *r, struct analysis *a, struct stack_book *book,
	       const struct report_options *options, struct err *err)
{
	r->processes = calloc(1, sizeof *r->processes);
	if (!r->processes)
		return no_memory(err);
	r->nprocesses = 1;
	book->names = a->names;
	return report_process(&r->processes[0], a, book, &r->pool, options, err);
}

/* ---- all of them --------------------------------------------------------------------------------------- */

static int load_one(struct report *r, const char *path, const struct report_options *options,
		    struct ancestry *ancestry, struct err *err)
{
	struct analysis a;
	struct stack_book book = { .pool = &r->pool };
	struct report_options own = *options;
	struct report_process *more =
	    realloc(r->processes, (r->nprocesses + 1) * sizeof *more); /* few: no need to double */

	if (!more)
		return no_memory(err);
	r->processes = more;
	own.with_holders |= options->with_suspects && !r->nprocesses;
	int failed = analysis_open(&a, path, ancestry, &options->analysis, err) ||
		     report_process(&more[r->nprocesses], &a, &book, &r->pool, &own, err);
	r->nprocesses += !failed;
	stack_book_free(&book);
	analysis_close(&a);
	return failed ? -1 : 0;
}

static int is_trace_name(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return n > 4 && !strcmp(entry->d_name + n - 4, ".lgt");
}

static int compare_births(const void *left, const void *right)
{
	const struct report_process *a = left, *b = right;

	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	return (a->image > b->image) - (a->image < b->image);
}

/* A child whose trace cannot be read is no reason to keep quiet about the rest: its parent's verdict says so. */
static int load_child(struct report *r, uint32_t parent, const char *folder, const char *name,
		      const struct report_options *options, struct ancestry *ancestry, struct err *err)
{
	struct err trouble = { "" };
	char *path = pool_print(&r->pool, "%s/%s", folder, name);

	if (!path)
		return no_memory(err);
	if (!load_one(r, path, options, ancestry, &trouble))
		return 0;
	return report_add_reason(&r->processes[parent], &r->pool, REASON_CHILD,
				 pool_print(&r->pool, "a child's trace cannot be read: %s", trouble.text))
		   ? no_memory(err)
		   : 0;
}

static int load_children(struct report *r, const char *path, const struct report_options *options,
			 struct ancestry *ancestry, struct err *err)
{
	struct dirent **entries = NULL;
	char *folder = pool_print(&r->pool, "%s.children", path);
	int n = folder ? scandir(folder, &entries, is_trace_name, alphasort) : -1, failed = 0;
	uint32_t parent = r->nprocesses - 1;

	for (int i = 0; i < n; i++) {
		if (!failed)
			failed = load_child(r, parent, folder, entries[i]->d_name, options, ancestry, err);
		free(entries[i]);
	}
	free(entries);
	qsort(r->processes + parent + 1, r->nprocesses - parent - 1, sizeof *r->processes, compare_births);
	return failed;
}

int report_load(struct report *r, char *const *paths, size_t npaths, const struct report_options *options,
		struct err *err)
{
	struct ancestry ancestry = { 0 };
	int failed = 0;

	*r = (struct report){ .version = LG_VERSION };
	for (size_t i = 0; i < npaths && !failed; i++) {
		failed = load_one(r, paths[i], options, &ancestry, err);
		if (failed)
			break;
		r->processes[r->nprocesses - 1].is_named = true;
		if (!options->no_children)
			failed = load_children(r, paths[i], options, &ancestry, err);
	}
	ancestry_close(&ancestry);
	return failed ? -1 : 0;
}

void report_free(struct report *r)
{
	free(r->processes);
	pool_free(&r->pool);
	*r = (struct report){ 0 };
}
