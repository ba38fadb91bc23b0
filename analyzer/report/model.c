/* model.c: see model.h. */
#include "report/maker.h"

#include "base/term.h"
#include "report/counted.h"
#include "report/rates.h"

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

/* ---- holders ------------------------------------------------------------------------------------------- */

static int make_holder(struct report_holder *out, struct maker *m, const struct holder *h)
{
	*out = (struct report_holder){
		.text = holder_text(m->pool, m->a, h),
		.kind = root_kind_name(holder_kind(m->a, h)),
		.retained = h->retained,
		.main = h->main,
		.main_stack = maker_stack(m, h->main_block),
		.main_type = maker_type(m, h->main_block),
		.bytes_per_second = h->bytes_per_second,
	};
	return out->text && out->main_stack ? 0 : -1;
}

static int make_holders(struct report_process *p, struct maker *m, struct err *err)
{
	struct holders found;
	int failed = holders_find_variables(&found, m->a, err) || rates_find(&found, m->a, err);
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

static struct report_told sum_told(const struct analysis *a)
{
	const struct told *t = &a->heap.told;
	struct report_told told = {
		.root_regions = t->roots.n,
		.weak_ranges = t->weak.n,
		.typed_blocks = t->ntyped,
		.watched_blocks = t->nwatched,
		.pools = t->npools,
		.members = t->members,
		.left_out = { a->trace.end.left_out_allocs, a->trace.end.left_out_bytes },
	};

	for (uint32_t i = 0; i < t->nignored; i++)
		heap_add(&told.ignored, &a->heap, t->ignored[i].block);
	return told;
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
		.moment = a->moment,
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
		.sample_bytes = t->sample_bytes,
		.recorded = a->heap.nblocks,
		.run_unix_ns = t->run_unix_ns,
		.events_lost = end->lost_allocs + end->lost_frees,
		.threads = end->present ? end->threads : a->heap.totals.threads,
		.duration_ns = end->duration_ns,
		.recorder_cpu_ns = end->recorder_cpu_ns,
		.told = sum_told(a),
	};
	if (a->is_judged)
		memcpy(p->sums, a->classes.sums, sizeof p->sums);
	else
		p->unjudged = (struct sum){ p->totals.live_blocks, p->totals.live_bytes };
	return p->trace && p->name && p->executable && p->directory ? copy_command(p, t, pool) : -1;
}

int report_add_note(struct report_process *p, struct pool *pool, const char *text)
{
	const char **notes = pool_take(pool, (p->nnotes + 1) * sizeof *notes);

	if (!notes || !text)
		return -1;
	for (uint32_t i = 0; i < p->nnotes; i++)
		notes[i] = p->notes[i];
	notes[p->nnotes++] = text;
	p->notes = notes;
	return 0;
}

/* NULL: nothing was left out; no memory */
static const char *left_out_note(const struct report_process *p, const struct analysis *a, struct pool *pool)
{
	char count[TERM_TEXT], bytes[TERM_TEXT];

	if (p->told.left_out.blocks)
		return pool_print(pool,
				  "%s of %s left out, as the program or its user wished: what heap memory of "
				  "no recorded block points at is held",
				  human_things(count, sizeof count, p->told.left_out.blocks, "allocation"),
				  human_bytes(bytes, p->told.left_out.bytes));
	return a->heap.told.has_left_out && !p->sample_bytes
		   ? pool_text(pool, "some allocations were left out, as the program or its user wished")
		   : NULL;
}

/* NULL: there is none; no memory */
static const char *unsure_note(const struct analysis *a, struct pool *pool)
{
	char count[TERM_TEXT], bytes[TERM_TEXT];

	if (!a->unsure.blocks)
		return NULL;
	return pool_print(
	    pool,
	    "nothing tells whether the smart pointers that alone hold %s of %s own or are weak: a "
	    "cycle may be hidden there; the program's debug information tells",
	    human_things(count, sizeof count, a->unsure.blocks, "block"),
	    human_bytes(bytes, a->unsure.bytes));
}

static int copy_notes(struct report_process *p, struct analysis *a, struct pool *pool)
{
	const char *const *notes = NULL;
	const char *of_models[MODELS_MAX];
	size_t n = a->names ? names_notes(a->names, &notes) : 0, more = models_notes(&a->models, of_models);
	const char **copies = pool_take(pool, (n + more + 1) * sizeof *copies);
	const char *left_out = left_out_note(p, a, pool);

	if (!copies)
		return -1;
	p->notes = copies;
	p->nnotes = 0;
	p->unsure = unsure_note(a, pool);
	if (p->unsure)
		copies[p->nnotes++] = p->unsure;
	for (size_t i = 0; i < n + more; i++)
		copies[p->nnotes++] = pool_text(pool, i < n ? notes[i] : of_models[i - n]);
	return left_out ? report_add_note(p, pool, left_out) : 0;
}

/* Of a sampled process where its memory went is the answer. */
static bool wants_places(const struct analysis *a, const struct report_options *options)
{
	return !a->is_judged || options->with_reachable || a->trace.process.sample_bytes;
}

static bool has_findings(const struct analysis *a, const struct report_options *options)
{
	return a->leaks.nleaks || a->counts.objects || a->errors.n ||
	       (a->heap.nblocks && (wants_places(a, options) || options->with_holders));
}

int report_process(struct report_process *p, struct analysis *a, struct stack_book *book, struct pool *pool,
		   const struct report_options *options, struct err *err)
{
	struct maker m = { a, book, pool };
	bool wants_holders = (options->with_holders || (options->with_suspects && a->leaks.nleaks)) &&
			     !a->trace.process.sample_bytes; /* what a block retains is mostly unrecorded */

	if (copy_facts(p, a, pool) || report_verdict(p, a, pool))
		return no_memory(err);
	if (!has_findings(a, options))
		return copy_notes(p, a, pool) ? no_memory(err) : 0;
	book->names = a->names;
	if (make_leaks(p, &m) || make_errors(p, &m))
		return no_memory(err);
	if (counted_process(p, a, book, pool, err))
		return -1;
	if (wants_places(a, options) && make_places(p, &m, options->all_places))
		return no_memory(err);
	if (a->is_judged && wants_holders && make_holders(p, &m, err))
		return -1;
	return copy_notes(p, a, pool) ? no_memory(err) : 0;
}

int report_notes(struct report *r, struct analysis *a, struct err *err)
{
	return copy_notes(&r->processes[0], a, &r->pool) ? no_memory(err) : 0;
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
