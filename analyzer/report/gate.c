/* gate.c: see gate.h. It fails closed: what could not be judged is never a pass. */
#include "report/gate.h"
#include "report/baseline.h"

#include <fnmatch.h>
#include <string.h>
#include <sys/wait.h>

struct gate_options gate_defaults(void)
{
	struct gate_options options = {
		.kinds = GATE_KINDS_DEFAULT,
		.max_leaks = NO_LIMIT,
		.max_bytes = NO_LIMIT,
		.max_peak = NO_LIMIT,
		.error_exitcode = STATUS_GATE,
	};

	for (unsigned kind = 0; kind < FINDING_KINDS; kind++)
		options.max_of[kind] = NO_LIMIT;
	return options;
}

bool gate_covers(const struct report_process *p, const struct gate_options *options)
{
	const char *slash = strrchr(p->executable, '/');

	return !options->only_exe || !fnmatch(options->only_exe, p->executable, 0) ||
	       (slash && !fnmatch(options->only_exe, slash + 1, 0));
}

/* ---- what was found ------------------------------------------------------------------------------------ */

static void add(struct sum *sum, struct sum more)
{
	sum->blocks += more.blocks;
	sum->bytes += more.bytes;
}

static bool is_within_growth(const struct report_growth *g, const struct gate_options *options)
{
	uint64_t grown = g->to_bytes - g->from_bytes;

	return grown <= options->max_growth ||
	       (options->max_growth_per_second && g->bytes_per_second <= options->max_growth_per_second);
}

bool gate_counts(const struct finding *f, const struct gate_options *options)
{
	bool behind = f->leak && f->leak->indirect.blocks && f->kind != CLASS_POSSIBLE &&
		      options->kinds & 1u << CLASS_INDIRECT;

	if (*f->is_unsteady || !(behind || options->kinds >> f->kind & 1))
		return false;
	return f->kind != FINDING_GROWTH || !is_within_growth(f->leak->growth, options);
}

/* What of a leak counts. What is behind a possible one is possible too. */
static void count_leak(struct gate_result *g, const struct report_leak *leak, unsigned kinds)
{
	bool heads = kinds & 1u << leak->class;
	uint64_t leaks = g->leaks, blocks = g->found.blocks;
	bool behind = kinds & 1u << (leak->class == CLASS_POSSIBLE ? CLASS_POSSIBLE : CLASS_INDIRECT);

	if (heads)
		add(&g->found, leak->heads);
	if (behind)
		add(&g->found, leak->indirect);
	if (leak->class == CLASS_POSSIBLE)
		g->leaks += heads ? leak->heads.blocks + leak->indirect.blocks : 0;
	else if (heads)
		g->leaks += leak->instances;
	else if (behind && !(kinds & (1u << CLASS_DIRECT | 1u << CLASS_CYCLE)))
		g->leaks += leak->indirect.blocks;
	g->of[leak->class] += g->leaks - leaks;
	g->blocks_of[leak->class] += g->found.blocks - blocks;
}

static void count_finding(struct gate_result *g, const struct finding *f, const struct gate_options *options)
{
	if (!gate_counts(f, options))
		return;
	if (*f->baseline == BASELINE_KNOWN) {
		g->known++;
		g->known_bytes += f->sum.bytes;
		return;
	}
	if (f->kind < LEAK_CLASSES)
		count_leak(g, f->leak, options->kinds);
	else
		g->of[f->kind] += f->kind == FINDING_HEAP_ERROR ? f->sum.blocks : 1;
	g->new_ones += *f->baseline == BASELINE_NEW;
	g->grown += *f->baseline == BASELINE_GROWN;
}

static void count_process(struct gate_result *g, const struct report_process *p,
			  const struct gate_options *options)
{
	struct finding f;

	for (uint32_t i = 0; finding_at(&f, p, i); i++)
		count_finding(g, &f, options);
	if (options->kinds & 1u << CLASS_REACHABLE) {
		add(&g->found, p->sums[CLASS_REACHABLE]);
		g->leaks += p->sums[CLASS_REACHABLE].blocks;
	}
	if (p->totals.peak_bytes > g->peak)
		g->peak = p->totals.peak_bytes;
}

static bool is_over(const struct gate_result *g, const struct gate_options *options)
{
	uint64_t leaks = g->leaks, blocks = g->found.blocks;

	if (g->peak > options->max_peak)
		return true;
	for (unsigned kind = 0; kind < FINDING_KINDS; kind++) {
		bool has_limit = options->max_of[kind] != NO_LIMIT;

		if (has_limit ? g->of[kind] > options->max_of[kind] : kind >= LEAK_CLASSES && g->of[kind])
			return true;
		leaks -= has_limit && kind < LEAK_CLASSES ? g->of[kind] : 0;
		blocks -= has_limit && kind < LEAK_CLASSES ? g->blocks_of[kind] : 0;
	}
	if (options->max_leaks == NO_LIMIT && options->max_bytes == NO_LIMIT)
		return leaks || blocks;
	return (options->max_leaks != NO_LIMIT && leaks > options->max_leaks) ||
	       (options->max_bytes != NO_LIMIT && g->found.bytes > options->max_bytes);
}

/* ---- what could not be judged -------------------------------------------------------------------------- */

static void doubt(struct gate_result *g, const struct report_process *p, const char *why, const char *cure)
{
	if (g->why)
		return;
	g->blamed = p;
	g->why = why;
	g->cure = cure;
}

static void doubt_process(struct gate_result *g, const struct report_process *p)
{
	for (uint32_t i = 0; i < p->nreasons; i++)
		if (p->reasons[i].hides_leaks)
			doubt(g, p, p->reasons[i].text, p->reasons[i].cure);
	if (p->is_named && p->has_unseen_heap && p->ended != LG_ENDED_EXEC)
		doubt(g, p, "not one allocation was seen of a program that has a heap",
		      "leakgraph doctor PROGRAM says whether it can be");
}

static bool is_named_pid(const struct report *r, uint32_t pid)
{
	for (uint32_t i = 0; i < r->nprocesses; i++)
		if (r->processes[i].is_named && r->processes[i].pid == pid)
			return true;
	return false;
}

/* The program that an image of a named trace's pid became by exec must have a trace too. */
static void doubt_exec(struct gate_result *g, const struct report *r, const struct report_process *p)
{
	if (p->ended != LG_ENDED_EXEC)
		return;
	for (uint32_t i = 0; i < r->nprocesses; i++)
		if (r->processes[i].pid == p->pid && r->processes[i].image == p->image + 1)
			return;
	doubt(g, p, "it went on as another program, which was not traced",
	      "leakgraph doctor PROGRAM says why a program cannot be traced");
}

/* A process that nobody looked at while it ran is passed over, as long as another was looked at. */
static void doubt_growth(struct gate_result *g, const struct report *r, const struct gate_options *options)
{
	static const char cure[] = "leakgraph snapshot PID, while it runs, or marks of leakgraph/leakgraph.h "
				   "make moments; three are needed";
	bool has_any = false;

	for (uint32_t i = 0; i < r->nprocesses; i++) {
		const struct report_process *p = &r->processes[i];

		if (!gate_covers(p, options))
			continue;
		has_any |= p->has_growth && p->nmoments >= GROWTH_MOMENTS;
		if (p->has_growth && p->nmoments && p->nmoments < GROWTH_MOMENTS)
			doubt(g, p, "it has fewer than three moments before its end to tell growth by", cure);
	}
	if (!has_any)
		doubt(g, NULL, "there is no moment before the end to tell growth by", cure);
}

static void doubt_all(struct gate_result *g, const struct report *r, const struct gate_options *options)
{
	bool covers_any = false;

	for (uint32_t i = 0; i < r->nprocesses; i++)
		if (gate_covers(&r->processes[i], options)) {
			covers_any = true;
			doubt_process(g, &r->processes[i]);
			if (is_named_pid(r, r->processes[i].pid) && !options->no_children)
				doubt_exec(g, r, &r->processes[i]);
		}
	if (covers_any && options->kinds >> FINDING_GROWTH & 1)
		doubt_growth(g, r, options);
	if (!r->nprocesses)
		doubt(g, NULL, "nothing was recorded: the program was not attached to",
		      "leakgraph doctor PROGRAM says why a program cannot be traced");
	else if (!covers_any)
		doubt(g, NULL, "no process matches --only-exe", "leakgraph report lists the executables");
}

/* ---- how the target ended ------------------------------------------------------------------------------ */

/* The exit status of an image that has ended for good; 0 for others. */
static int image_status(const struct report_process *p)
{
	if (p->ended == LG_ENDED_EXITED)
		return (int)(p->status & 0xff);
	return p->ended == LG_ENDED_SIGNALED ? 128 + (int)(p->signal & 0x7f) : 0;
}

/* The first failure among the named traces' programs, each followed through its execs. */
static int recorded_status(const struct report *r)
{
	const struct report_process *first = NULL;

	for (uint32_t i = 0; i < r->nprocesses; i++) {
		const struct report_process *p = &r->processes[i];

		if (p->is_named)
			first = p;
		if (first && p->pid == first->pid && image_status(p))
			return image_status(p);
	}
	return 0;
}

static int target_status(const struct report *r, const struct gate_options *options)
{
	if (!options->has_wait_status)
		return recorded_status(r);
	return WIFSIGNALED(options->wait_status) ? 128 + WTERMSIG(options->wait_status)
						 : WEXITSTATUS(options->wait_status);
}

struct gate_result gate_judge(const struct report *r, const struct gate_options *options)
{
	struct gate_result g = { .outcome = GATE_PASSED };
	int target = target_status(r, options);

	for (uint32_t i = 0; i < r->nprocesses; i++)
		if (gate_covers(&r->processes[i], options))
			count_process(&g, &r->processes[i], options);
	g.stale = baseline_stale(r->baseline);
	g.is_over = is_over(&g, options) || (options->strict_baseline && g.stale);
	doubt_all(&g, r, options);
	if (target) {
		g.outcome = GATE_TARGET_FAILED;
		g.status = target;
	} else if (g.why && !options->allow_degraded) {
		g.outcome = GATE_UNJUDGED;
		g.status = STATUS_TOOL;
	} else if (g.is_over) {
		g.outcome = GATE_FAILED;
		g.status = options->error_exitcode;
	}
	return g;
}
