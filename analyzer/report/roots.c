/* roots.c: see report/roots.h. */
#include "report/roots.h"

#include "models/variable.h"

#include <stdio.h>
#include <string.h>

#define WORD_TEXT 512u

static const char *base_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path;
}

static const char *module_name(const struct trace *t, const struct root_region *region)
{
	const char *path = region->path && *region->path ? region->path : t->process.executable;

	return path && *path ? base_name(path) : "the program";
}

/* " (app.c:12)"; "" where it is unknown. */
static const char *line_text(struct pool *pool, const struct variable *v)
{
	return v->file && v->line ? pool_print(pool, " (%s:%u)", base_name(v->file), v->line) : "";
}

/* The word at `at`, or the whole variable that it is in. */
static struct root_name global_name(struct pool *pool, struct names *names, const struct heap *h,
				    const struct root_region *region, uint64_t at, bool whole)
{
	const char *module = module_name(h->trace, region), *word, *line;
	char text[WORD_TEXT];
	struct variable v;

	if (!root_variable(names, h, region, at, &v))
		return (struct root_name){ .text = pool_print(pool, "data of %s at 0x%llx", module,
							      (unsigned long long)at),
					   .kind = region->kind };
	word = pool_text(pool, whole ? v.name : variable_word(&v, text, sizeof text));
	line = line_text(pool, &v);
	if (!word || !line)
		return (struct root_name){ .text = NULL };
	const char *name = v.function
			       ? pool_print(pool, "static %s in %s(), %s%s", word, v.function, module, line)
			       : pool_print(pool, "%s in %s%s", word, module, line);
	return (struct root_name){ name, word, region->kind };
}

static const char *register_text(struct pool *pool, const struct root_region *region, uint64_t at)
{
	static const char *const names[LG_REGS] = { "rax", "rdx", "rcx", "rbx", "rsi", "rdi",
						    "rbp", "rsp", "r8",	 "r9",	"r10", "r11",
						    "r12", "r13", "r14", "r15", "rip" };
	uint64_t number = at / 8;

	if (number < LG_REGS)
		return pool_print(pool, "register %s of thread %u", names[number], region->thread);
	if (*region->path)
		return pool_print(pool, "a call of the C library's that thread %u waits in", region->thread);
	return pool_print(pool, "a vector register of thread %u", region->thread);
}

static const char *mapping_text(struct pool *pool, const struct root_region *region, uint64_t at)
{
	return pool_print(pool, "0x%llx in the %smapping 0x%llx-0x%llx%s%s", (unsigned long long)at,
			  region->kind == ROOT_SHARED ? "shared " : "", (unsigned long long)region->start,
			  (unsigned long long)region->end, region->path && *region->path ? " of " : "",
			  region->path ? region->path : "");
}

static const char *root_text(struct pool *pool, const struct trace *t, const struct root_region *region,
			     uint64_t at)
{
	switch (region->kind) {
	case ROOT_STACK:
		return pool_print(pool, "0x%llx in the stack of thread %u", (unsigned long long)at,
				  region->thread);
	case ROOT_STALE:
		return pool_print(
		    pool, "0x%llx in the stack of thread %u, which was not stopped: the word may be dead",
		    (unsigned long long)at, region->thread);
	case ROOT_REGISTER:
		return register_text(pool, region, at);
	case ROOT_TLS:
		return pool_print(pool, "thread-local storage of thread %u (%s)", region->thread,
				  module_name(t, region));
	case ROOT_TSD:
		return pool_print(pool,
				  "thread-specific data of thread %u (pthread_setspecific, or libc's own)",
				  region->thread);
	case ROOT_MAPPING:
	case ROOT_SHARED:
		return mapping_text(pool, region, at);
	case ROOT_LOADER:
		return pool_print(pool, "the dynamic loader, which allocated it for itself");
	case ROOT_KERNEL:
		return pool_print(pool, "the kernel: data of an epoll registration, or the value of a timer");
	case ROOT_SIGNAL_STACK:
		return pool_print(pool, "the kernel: the alternate signal stack of a thread");
	case ROOT_KEPT:
		return pool_print(pool, "its runtime, which never frees it or keeps it for reuse");
	case ROOT_IGNORED:
		return pool_print(pool, "the program, which wants it ignored");
	case ROOT_REGION:
		return pool_print(pool, "0x%llx in a root region of the program's own",
				  (unsigned long long)at);
	case ROOT_UNRECORDED:
		return pool_print(pool, "0x%llx in heap memory of no recorded block", (unsigned long long)at);
	case ROOT_INHERITED:
		return pool_print(pool, "0x%llx in heap memory inherited from the parent",
				  (unsigned long long)at);
	default:
		return pool_print(pool, "%s at 0x%llx", root_kind_name(region->kind), (unsigned long long)at);
	}
}

/* ---- variables ----------------------------------------------------------------------------------------- */

static struct root_name thread_name(struct pool *pool, struct names *names, const struct heap *h,
				    const struct root_region *region, uint64_t at)
{
	char text[WORD_TEXT];
	struct variable v;
	const char *word;

	if (!root_variable(names, h, region, at, &v))
		return (struct root_name){ .text = root_text(pool, h->trace, region, at),
					   .kind = region->kind };
	word = pool_text(pool, variable_word(&v, text, sizeof text));
	if (!word)
		return (struct root_name){ .text = NULL };
	if (!v.is_local)
		return (
		    struct root_name){ pool_print(pool, "thread-local %s of thread %u", word, region->thread),
				       word, region->kind };
	return (struct root_name){ pool_print(pool, "local `%s` in %s(), thread %u", word,
					      v.function ? v.function : "some function", region->thread),
				   word, region->kind == ROOT_TLS ? ROOT_STACK : region->kind };
}

static struct root_name memory_name(struct pool *pool, struct names *names, const struct heap *h,
				    const struct root_region *region, uint64_t at)
{
	switch (region->kind) {
	case ROOT_GLOBAL:
	case ROOT_RELRO:
		return global_name(pool, names, h, region, at, false);
	case ROOT_STACK:
	case ROOT_REGISTER:
	case ROOT_TLS:
		return thread_name(pool, names, h, region, at);
	default:
		return (struct root_name){ .text = root_text(pool, h->trace, region, at),
					   .kind = region->kind };
	}
}

struct root_name root_name(struct pool *pool, struct analysis *a, const struct root_ref *r)
{
	struct root_words words;

	if (!models_root(&a->models, r, &words))
		return memory_name(pool, a->names, &a->heap, &a->graph.regions[r->region], r->at);
	return (struct root_name){ .text = pool_text(pool, words.text),
				   .expression =
				       words.has_expression ? pool_text(pool, words.expression) : NULL,
				   .kind = a->graph.regions[r->region].kind };
}

const char *root_holder_text(struct pool *pool, struct names *names, const struct heap *h,
			     const struct root_region *region, uint64_t at, bool is_variable)
{
	const struct trace *t = h->trace;

	if (is_variable)
		return global_name(pool, names, h, region, at, true).text;
	switch (region->kind) {
	case ROOT_GLOBAL:
	case ROOT_RELRO:
		return pool_print(pool, "data of %s that no symbol names", module_name(t, region));
	case ROOT_STACK:
		return pool_print(pool, "the stack of thread %u", region->thread);
	case ROOT_STALE:
		return pool_print(pool, "the stack of thread %u, which was not stopped", region->thread);
	case ROOT_REGISTER:
		return pool_print(pool, "the registers of thread %u", region->thread);
	case ROOT_MAPPING:
	case ROOT_SHARED:
		return pool_print(
		    pool, "the %smapping 0x%llx-0x%llx%s%s", region->kind == ROOT_SHARED ? "shared " : "",
		    (unsigned long long)region->start, (unsigned long long)region->end,
		    region->path && *region->path ? " of " : "", region->path ? region->path : "");
	case ROOT_REGION:
		return pool_print(pool, "a root region of the program's own");
	case ROOT_UNRECORDED:
		return pool_print(pool, "heap memory of no recorded block");
	case ROOT_INHERITED:
		return pool_print(pool, "heap memory inherited from the parent");
	default:
		return root_text(pool, t, region, at);
	}
}
