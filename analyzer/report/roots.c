/* roots.c: see report/roots.h. */
#include "report/roots.h"

#include <stdio.h>
#include <string.h>

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

static const char *global_text(struct pool *pool, struct names *names, const struct trace *t,
			       const struct root_region *region, uint64_t at)
{
	const char *symbol = NULL;
	uint64_t offset = 0;

	if (!names_data(names, region->module, at, &symbol, &offset))
		return pool_print(pool, "data of %s at 0x%llx", module_name(t, region),
				  (unsigned long long)at);
	if (!offset)
		return pool_print(pool, "%s in %s", symbol, module_name(t, region));
	return pool_print(pool, "%s+%llu in %s", symbol, (unsigned long long)offset, module_name(t, region));
}

static const char *register_text(struct pool *pool, const struct root_region *region, uint64_t at)
{
	static const char *const names[LG_REGS] = { "rax", "rdx", "rcx", "rbx", "rsi", "rdi",
						    "rbp", "rsp", "r8",	 "r9",	"r10", "r11",
						    "r12", "r13", "r14", "r15", "rip" };
	uint64_t number = at / 8;

	if (number < LG_REGS)
		return pool_print(pool, "register %s of thread %u", names[number], region->thread);
	return pool_print(pool, "a vector register of thread %u", region->thread);
}

static const char *mapping_text(struct pool *pool, const struct root_region *region, uint64_t at)
{
	return pool_print(pool, "0x%llx in the %smapping 0x%llx-0x%llx%s%s", (unsigned long long)at,
			  region->kind == ROOT_SHARED ? "shared " : "", (unsigned long long)region->start,
			  (unsigned long long)region->end, region->path && *region->path ? " of " : "",
			  region->path ? region->path : "");
}

const char *root_text(struct pool *pool, struct names *names, const struct trace *t,
		      const struct root_region *region, uint64_t at)
{
	switch (region->kind) {
	case ROOT_GLOBAL:
	case ROOT_RELRO:
		return global_text(pool, names, t, region, at);
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
	case ROOT_INHERITED:
		return pool_print(pool, "0x%llx in heap memory inherited from the parent",
				  (unsigned long long)at);
	default:
		return pool_print(pool, "%s at 0x%llx", root_kind_name(region->kind), (unsigned long long)at);
	}
}

const char *root_holder_text(struct pool *pool, struct names *names, const struct trace *t,
			     const struct root_region *region, uint64_t at, bool is_variable)
{
	if (is_variable)
		return root_text(pool, names, t, region, at);
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
	case ROOT_INHERITED:
		return pool_print(pool, "heap memory inherited from the parent");
	default:
		return root_text(pool, names, t, region, at);
	}
}
