/* roots.c: see roots.h. The rules follow the glossary: every word here is a root unless a dead or foreign owner is
 * known. They are layers on a canvas, surest first:
 *   the tool's own memory; regions that the program told of; thread control blocks; stacks that lie in blocks; pools;
 *   what the allocator owns for sure; TLS; stacks; modules; what the allocator probably owns; all other private and
 *   shared memory. */
#include "heap/roots.h"

#include "heap/canvas.h"
#include "heap/dead_stacks.h"
#include "heap/owned.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define RED_ZONE 128u /* below the stack pointer, still the running leaf function's (x86-64 psABI, 3.2.2) */
#define TLS_MAX_MAIN (64u << 10) /* static TLS lies below the TCB; its true size is not known here */
#define TLS_MAX_THREAD 4096u /* in a thread's stack what is below is a root anyhow: only the label differs */

/* ---- modules ----------------------------------------------------------------------------------------- */

static const char *module_path(const struct trace *t, const struct trace_module *m)
{
	const char *path = m->path && *m->path ? m->path : t->process.executable;

	return path ? path : "";
}

/* glibc's loader only: musl's is its libc, and an ordinary module in all that matters here. */
static bool is_loader(const char *path)
{
	return path_is(path, "ld-linux") || path_is(path, "ld-2.") || path_is(path, "ld.so");
}

static bool is_shim(const char *path)
{
	return path_is(path, "liblgpreload.so");
}

void loader_modules_find(struct loader_modules *l, const struct trace *t)
{
	*l = (struct loader_modules){ .any = 0 };
	for (size_t i = 0; i < t->nmodules; i++) {
		uint32_t id = t->modules[i].id;
		if (id > 0 && id < 65536 && is_loader(t->modules[i].path)) {
			l->is_loader[id] = 1;
			l->any = id;
		}
	}
}

bool block_is_loaders(const struct loader_modules *l, const struct trace *t, const struct block *b)
{
	return b->stack && b->stack < t->nnodes &&
	       l->is_loader[t->nodes[b->stack].frame >> LG_FRAME_MODULE_SHIFT];
}

/* The trace's modules are all that ever were; one is there now if a file's mapping begins where it does. */
static const struct trace_module *module_starting_at(const struct trace *t, const struct trace_mapping *m)
{
	const struct trace_module *found = NULL;

	if (!m->path || *m->path != '/')
		return NULL;
	for (size_t i = 0; i < t->nmodules; i++)
		if (t->modules[i].start == m->start)
			found = &t->modules[i]; /* the latest of several */
	return found;
}

static enum root_kind data_kind(const char *path, const struct trace_mapping *m)
{
	if (is_shim(path) || is_loader(path))
		return ROOT_NOBODY;
	if (m->prot & PROT_WRITE)
		return ROOT_GLOBAL;
	return m->prot & PROT_EXEC ? ROOT_NOBODY : ROOT_RELRO;
}

/* A module ends inside its last page, the rest of which is padding. Not so the loader's: there its first
 * allocations follow. */
static uint64_t module_end(const struct trace_module *module, const char *path)
{
	return is_loader(path) ? module->end : (module->end + LG_PAGE - 1) & ~(uint64_t)(LG_PAGE - 1);
}

static void paint_module(struct canvas *c, const struct trace *t, const struct trace_module *module,
			 const struct trace_mapping *m)
{
	const char *path = module_path(t, module);
	uint64_t end = module_end(module, path);

	canvas_paint(c, (struct root_region){ .kind = data_kind(path, m),
					      .module = module->id,
					      .path = path,
					      .start = m->start,
					      .end = m->end < end ? m->end : end });
}

/* Files mapped privately for writing are data of modules that no stack ever showed; an anonymous mapping right
 * behind is their .bss. Returns the file whose data ends where `m` does, or NULL. */
static const char *paint_file(struct canvas *c, const struct trace_mapping *m,
			      const struct trace_mapping *before, const char *file_before)
{
	bool is_file = m->path && *m->path == '/';
	bool is_bss = !is_file && file_before && mapping_is_anonymous(m) && before->end == m->start;
	const char *path = is_file ? m->path : is_bss ? file_before : NULL;

	if (!path || !(m->prot & PROT_WRITE))
		return NULL;
	canvas_paint(c, (struct root_region){
			    .kind = data_kind(path, m), .path = path, .start = m->start, .end = m->end });
	return is_file ? path : NULL;
}

static void paint_modules(struct canvas *c, const struct heap *h)
{
	const struct trace_snapshot *s = h->snapshot;
	const struct trace_module *module = NULL;
	const char *file = NULL;

	for (size_t i = 0; i < s->nmappings; i++) {
		const struct trace_mapping *m = &s->mappings[i];
		const struct trace_module *begins = module_starting_at(h->trace, m);

		if (begins)
			module = begins;
		if (m->flags & LG_MAPPING_SHARED)
			file = NULL;
		else if (module && m->start >= module->start && m->start < module->end)
			paint_module(c, h->trace, module, m);
		else
			file = paint_file(c, m, i ? &s->mappings[i - 1] : NULL, file);
	}
}

/* ---- threads ----------------------------------------------------------------------------------------- */

/* A number may be another thread's id: it names, it does not tell apart. */
static uint32_t thread_label(const struct trace_thread *t)
{
	return t->number ? t->number : t->tid;
}

static bool registers_known(const struct trace_thread *t)
{
	return t->flags & (LG_THREAD_STOPPED | LG_THREAD_AT_EXIT) && t->nregs > LG_REG_RSP;
}

uint32_t thread_words(const struct trace_thread *t)
{
	if (!(t->flags & (LG_THREAD_STOPPED | LG_THREAD_AT_EXIT)))
		return 0;
	uint32_t nregs = t->nregs < LG_REGS ? t->nregs : LG_REGS;
	return nregs + t->nvector;
}

/* At exit only what a callee must save still belongs to the caller of exit. */
uint64_t thread_word(const struct trace_thread *t, uint32_t i)
{
	const uint32_t saved = 1u << LG_REG_RBX | 1u << LG_REG_RBP | 1u << LG_REG_RSP | 1u << LG_REG_R12 |
			       1u << LG_REG_R13 | 1u << LG_REG_R14 | 1u << LG_REG_R15;
	uint32_t nregs = t->nregs < LG_REGS ? t->nregs : LG_REGS;

	if (i >= nregs)
		return t->vector[i - nregs];
	return t->flags & LG_THREAD_AT_EXIT && !(saved >> i & 1) ? 0 : t->regs[i];
}

/* A function that has called another has nothing below its stack pointer. */
static uint64_t stack_low(const struct trace_thread *t)
{
	bool has_called = t->flags & (LG_THREAD_AT_EXIT | LG_THREAD_IN_CALL);

	return t->regs[LG_REG_RSP] - (has_called ? 0 : RED_ZONE);
}

static struct lg_range block_range(const struct heap *h, uint64_t addr)
{
	uint32_t i = heap_find(h, addr);

	if (i == NO_BLOCK)
		return (struct lg_range){ 0, 0 };
	return (struct lg_range){ h->blocks[i].addr, h->blocks[i].addr + h->blocks[i].size };
}

static struct lg_range main_stack(const struct trace_snapshot *s)
{
	for (size_t i = 0; i < s->nmappings; i++)
		if (s->mappings[i].path && !strcmp(s->mappings[i].path, "[stack]"))
			return (struct lg_range){ s->mappings[i].start, s->mappings[i].end };
	return (struct lg_range){ 0, 0 };
}

/* The only thread of a forked child has the child's pid, but the stack of whichever thread called fork. */
static bool is_main(const struct heap *h, const struct trace_thread *t)
{
	struct lg_range stack = main_stack(h->snapshot);
	uint64_t sp = t->regs[LG_REG_RSP];

	if (t->tid != h->trace->process.pid)
		return false;
	return !(h->trace->process.flags & LG_PROCESS_FORKED) || !registers_known(t) ||
	       (sp >= stack.start && sp < stack.end);
}

/* The thread's regular stack. A thread's TCB is at its top, and the rest of the last page is padding; the kernel
 * may have merged the mapping with whatever is above. */
static struct lg_range home_stack(const struct heap *h, const struct trace_thread *t)
{
	if (is_main(h, t))
		return main_stack(h->snapshot);
	if (!t->fs_base)
		return (struct lg_range){ 0, 0 };
	struct lg_range home = block_range(h, t->fs_base);
	const struct trace_mapping *m = mapping_at(h->snapshot, t->fs_base);
	if (home.end || !m)
		return home;
	uint64_t top = (t->fs_base + TCB_BYTES + LG_PAGE - 1) & ~(uint64_t)(LG_PAGE - 1);
	return (struct lg_range){ m->start, top < m->end ? top : m->end };
}

/* Whether the thread runs on that stack: no block may lie between its stack pointer and its base. */
static bool runs_at_home(const struct heap *h, const struct trace_thread *t, struct lg_range home)
{
	uint64_t sp = t->regs[LG_REG_RSP], base = is_main(h, t) ? home.end : t->fs_base;
	uint32_t next = heap_after(h, sp);

	if (sp < home.start || sp >= home.end || sp >= base)
		return false;
	return next == h->nblocks || h->blocks[next].addr >= base;
}

static struct root_region thread_region(const struct heap *h, const struct trace_thread *t,
					enum root_kind kind, uint64_t start, uint64_t end)
{
	return (struct root_region){ .kind = kind,
				     .thread = thread_label(t),
				     .thread_at = (uint32_t)(t - h->snapshot->threads),
				     .start = start,
				     .end = end,
				     .path = "" };
}

/* Somewhere else: an alternate signal stack, a coroutine. All of the regular stack counts, since where it was
 * left is not known, and of this one what lies above the stack pointer. */
static void paint_other_stack(struct canvas *c, const struct heap *h, const struct trace_thread *t)
{
	uint64_t sp = t->regs[LG_REG_RSP];
	const struct trace_mapping *m = mapping_at(h->snapshot, sp);
	uint64_t end = block_range(h, sp).end;

	if (!end && m) {
		uint32_t next = heap_after(h, sp);
		end = next < h->nblocks && h->blocks[next].addr < m->end ? h->blocks[next].addr : m->end;
	}
	if (end)
		canvas_paint(c, thread_region(h, t, ROOT_STACK, stack_low(t), end));
}

static void paint_stack(struct canvas *c, const struct heap *h, const struct trace_thread *t)
{
	struct lg_range home = home_stack(h, t);

	if (!registers_known(t)) {
		canvas_paint(c, thread_region(h, t, ROOT_STALE, home.start, home.end));
	} else if (runs_at_home(h, t, home)) {
		uint64_t low = stack_low(t);
		low = low > home.start ? low & ~7ULL : home.start;
		canvas_paint(c, thread_region(h, t, ROOT_NOBODY, home.start, low));
		canvas_paint(c, thread_region(h, t, ROOT_STACK, low, home.end));
	} else {
		canvas_paint(c, thread_region(h, t, ROOT_STACK, home.start, home.end));
		paint_other_stack(c, h, t);
	}
}

static void paint_tls(struct canvas *c, const struct heap *h, const struct trace_thread *t)
{
	const struct trace_mapping *m = mapping_at(h->snapshot, t->fs_base);
	uint64_t most = is_main(h, t) ? TLS_MAX_MAIN : TLS_MAX_THREAD;
	uint64_t low = block_range(h, t->fs_base).start, sp = t->regs[LG_REG_RSP];

	if (!m)
		return;
	if (low < m->start)
		low = m->start;
	if (registers_known(t) && sp > low && sp < t->fs_base)
		low = sp;
	if (t->fs_base - low > most)
		low = t->fs_base - most;
	canvas_paint(c, thread_region(h, t, ROOT_TLS, low & ~7ULL, t->fs_base));
}

/* A stack that the program allocated (pthread_attr_setstack, makecontext) is a root in spite of its owner. */
static bool lives_in_block(const struct heap *h, const struct trace_thread *t)
{
	return heap_find(h, t->fs_base) != NO_BLOCK ||
	       (registers_known(t) && heap_find(h, t->regs[LG_REG_RSP]) != NO_BLOCK);
}

static void paint_threads(struct canvas *c, const struct heap *h, bool in_blocks,
			  void (*paint)(struct canvas *, const struct heap *, const struct trace_thread *))
{
	for (size_t i = 0; i < h->snapshot->nthreads; i++)
		if (lives_in_block(h, &h->snapshot->threads[i]) == in_blocks)
			paint(c, h, &h->snapshot->threads[i]);
	canvas_dry(c);
}

static void paint_control_blocks(struct canvas *c, const struct heap *h)
{
	for (size_t i = 0; i < h->snapshot->nthreads; i++) {
		const struct trace_thread *t = &h->snapshot->threads[i];
		if (t->fs_base)
			canvas_paint(c, thread_region(h, t, ROOT_TSD, t->fs_base, t->fs_base + TCB_BYTES));
	}
	canvas_dry(c);
}

static void add_registers(struct canvas *c, const struct heap *h)
{
	for (size_t i = 0; i < h->snapshot->nthreads; i++) {
		const struct trace_thread *t = &h->snapshot->threads[i];
		struct root_region region = thread_region(h, t, ROOT_REGISTER, 0, 8ULL * thread_words(t));

		if (t->flags & LG_THREAD_IN_CALL)
			region.path = "libc";
		if (region.end)
			canvas_add(c, region);
	}
}

static void add_held(struct canvas *c, const struct trace_snapshot *s)
{
	static const enum root_kind kinds[] = { ROOT_KERNEL, ROOT_SIGNAL_STACK };

	for (size_t i = 0; s->nheld && i < sizeof kinds / sizeof *kinds; i++)
		canvas_add(c, (struct root_region){ .kind = kinds[i], .end = 8ULL * s->nheld, .path = "" });
}

/* ---- the rest ---------------------------------------------------------------------------------------- */

/* Wherever they lie: in blocks, on stacks. */
static void paint_told(struct canvas *c, const struct heap *h)
{
	for (size_t i = 0; i < h->told.roots.n; i++)
		canvas_paint(c, (struct root_region){ .kind = ROOT_REGION,
						      .path = "",
						      .start = (h->told.roots.at[i].start + 7) & ~7ULL,
						      .end = h->told.roots.at[i].end & ~7ULL });
	canvas_dry(c);
}

/* Their members are blocks, and the rest holds nothing. */
static void paint_told_pools(struct canvas *c, const struct heap *h)
{
	for (size_t i = 0; i < h->told.npools; i++)
		canvas_paint(c, (struct root_region){ .kind = ROOT_NOBODY,
						      .start = h->told.pools[i].range.start,
						      .end = h->told.pools[i].range.end });
	canvas_dry(c);
}

/* What the parent's blocks hold is held. */
static void paint_inherited(struct canvas *c, const struct heap *h)
{
	for (size_t i = 0; i < h->ninherited; i++)
		canvas_paint(c, (struct root_region){ .kind = ROOT_INHERITED,
						      .path = "",
						      .start = h->inherited[i].start & ~7ULL,
						      .end = h->inherited[i].end & ~7ULL });
	canvas_dry(c);
}

static void paint_pools(struct canvas *c, const struct heap *h)
{
	for (size_t i = 0; i < h->npools; i++)
		canvas_paint(c, (struct root_region){ .kind = ROOT_NOBODY,
						      .start = h->pools[i].start,
						      .end = h->pools[i].end });
	canvas_dry(c);
}

/* A forked child whose parent's trace is not at hand: any memory of the allocator's may be a block of the parent's. In the
 * same way it may be one that was not to be recorded. */
static void paint_owned(struct canvas *c, const struct heap *h, const struct ranges *owned)
{
	bool forked = h->trace->process.flags & LG_PROCESS_FORKED && !h->knows_inherited;
	enum root_kind kind = forked ? ROOT_INHERITED : h->told.has_left_out ? ROOT_UNRECORDED : ROOT_NOBODY;

	for (size_t i = 0; i < owned->n; i++)
		canvas_paint(
		    c, (struct root_region){
			   .kind = kind, .path = "", .start = owned->at[i].start, .end = owned->at[i].end });
	canvas_dry(c);
}

static void paint_mappings(struct canvas *c, const struct trace_snapshot *s)
{
	for (size_t i = 0; i < s->nmappings; i++) {
		const struct trace_mapping *m = &s->mappings[i];
		bool shared = m->flags & LG_MAPPING_SHARED;

		if (shared || mapping_is_anonymous(m))
			canvas_paint(c, (struct root_region){ .kind = shared ? ROOT_SHARED : ROOT_MAPPING,
							      .start = m->start,
							      .end = m->end,
							      .path = m->path ? m->path : "" });
	}
	canvas_dry(c);
}

static void open_canvas(struct canvas *c, const struct trace_snapshot *s)
{
	struct ranges readable = { 0 };

	for (size_t i = 0; i < s->nmappings; i++)
		if (mapping_is_readable(&s->mappings[i]) && !is_shim(s->mappings[i].path))
			ranges_add(&readable, s->mappings[i].start, s->mappings[i].end);
	ranges_tidy(&readable);
	canvas_open(c, &readable);
	c->failed |= readable.failed;
	ranges_free(&readable);
}

/* One region stands for all blocks of the loader's own. */
static void add_loader(struct canvas *c, const struct trace *t)
{
	struct loader_modules loader;

	loader_modules_find(&loader, t);
	for (size_t i = 0; i < t->nmodules; i++)
		if (loader.any && t->modules[i].id == loader.any)
			canvas_add(c, (struct root_region){ .kind = ROOT_LOADER,
							    .module = loader.any,
							    .path = module_path(t, &t->modules[i]) });
}

static void paint_all(struct canvas *c, const struct heap *h, const struct owned *owned)
{
	paint_told(c, h);
	paint_control_blocks(c, h);
	paint_threads(c, h, true, paint_tls);
	paint_threads(c, h, true, paint_stack);
	paint_inherited(c, h);
	paint_pools(c, h);
	paint_told_pools(c, h);
	paint_owned(c, h, &owned->sure);
	paint_threads(c, h, false, paint_tls);
	paint_threads(c, h, false, paint_stack);
	paint_modules(c, h);
	canvas_dry(c);
	paint_dead_stacks(c, h);
	paint_owned(c, h, &owned->guessed);
	paint_mappings(c, h->snapshot);
	add_registers(c, h);
	add_held(c, h->snapshot);
	add_loader(c, h->trace);
}

static int by_kind(const void *a, const void *b)
{
	const struct root_region *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->thread != y->thread)
		return x->thread < y->thread ? -1 : 1;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->thread_at > y->thread_at) - (x->thread_at < y->thread_at);
}

int roots_find(const struct heap *h, struct root_region **regions, uint32_t *nregions)
{
	struct canvas c;
	struct owned owned;

	owned_find(&owned, h);
	open_canvas(&c, h->snapshot);
	paint_all(&c, h, &owned);
	bool failed = c.failed || owned.sure.failed || owned.guessed.failed || c.nregions > UINT32_MAX;
	owned_free(&owned);
	if (!failed) {
		if (c.nregions)
			qsort(c.regions, c.nregions, sizeof *c.regions, by_kind);
		*regions = c.regions;
		*nregions = (uint32_t)c.nregions;
		c.regions = NULL;
	}
	canvas_free(&c);
	return failed ? -1 : 0;
}
