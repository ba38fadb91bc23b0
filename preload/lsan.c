/* lsan.c: the names by which programs talk to LeakSanitizer (compiler-rt, sanitizer/lsan_interface.h), with its meanings, so
 * that what is annotated for it needs nothing else.
 *
 * Programs declare them weak, or call them where they are built with a sanitizer. Whoever else defines one of them in the
 * process is passed on to. */
#include "shim.h"

#include <link.h>

#define EXPORT __attribute__((visibility("default")))

/* Of another module; NULL: there is none. Written once, while the process boots. */
static struct {
	void (*disable)(void);
	void (*enable)(void);
	void (*ignore_object)(const void *);
	void (*register_root_region)(const void *, size_t);
	void (*unregister_root_region)(const void *, size_t);
	void (*do_leak_check)(void);
	int (*do_recoverable_leak_check)(void);
} next;

/* Pairs may be nested, for the calling thread. */
EXPORT void __lsan_disable(void);
EXPORT void __lsan_disable(void)
{
	if (next.disable)
		next.disable();
	else
		self.disabled++;
}

EXPORT void __lsan_enable(void);
EXPORT void __lsan_enable(void)
{
	if (next.enable)
		next.enable();
	else
		self.disabled -= self.disabled != 0;
}

EXPORT void __lsan_ignore_object(const void *p);
EXPORT void __lsan_ignore_object(const void *p)
{
	if (next.ignore_object)
		next.ignore_object(p);
	else
		tell(LG_TOLD_IGNORE, p, 0, LG_NO_NAME);
}

EXPORT void __lsan_register_root_region(const void *p, size_t bytes);
EXPORT void __lsan_register_root_region(const void *p, size_t bytes)
{
	if (next.register_root_region)
		next.register_root_region(p, bytes);
	else
		tell(LG_TOLD_ROOT, p, bytes, LG_NO_NAME);
}

EXPORT void __lsan_unregister_root_region(const void *p, size_t bytes);
EXPORT void __lsan_unregister_root_region(const void *p, size_t bytes)
{
	if (next.unregister_root_region)
		next.unregister_root_region(p, bytes);
	else
		tell(LG_TOLD_NO_ROOT, p, bytes, LG_NO_NAME);
}

/* The program's own moment to be checked: the judge takes it rather than the end. It is not ended here. */
EXPORT void __lsan_do_leak_check(void);
EXPORT void __lsan_do_leak_check(void)
{
	if (next.do_leak_check)
		next.do_leak_check();
	else if (shim.epoch && thread_ready())
		demand_snapshot(LG_REQ_SNAPSHOT_CHECK);
}

/* 1: something is lost by now. 0: nothing is, or nobody can tell. */
EXPORT int __lsan_do_recoverable_leak_check(void);
EXPORT int __lsan_do_recoverable_leak_check(void)
{
	uint64_t blocks, bytes;

	if (next.do_recoverable_leak_check)
		return next.do_recoverable_leak_check();
	return shim.epoch && thread_ready() && ask_verdict(&blocks, &bytes) && blocks;
}

static void *next_of(const struct link_map *ours, const char *name)
{
	void *function = NULL;

	symbol_definer(ours->l_next, name, &function);
	return function;
}

void lsan_find(void)
{
	struct dl_find_object o;

	if (_dl_find_object((void *)lsan_find, &o))
		return;
	next.do_leak_check = next_of(o.dlfo_link_map, "__lsan_do_leak_check");
	next.do_recoverable_leak_check = next_of(o.dlfo_link_map, "__lsan_do_recoverable_leak_check");
	next.disable = next_of(o.dlfo_link_map, "__lsan_disable");
	next.enable = next_of(o.dlfo_link_map, "__lsan_enable");
	next.ignore_object = next_of(o.dlfo_link_map, "__lsan_ignore_object");
	next.register_root_region = next_of(o.dlfo_link_map, "__lsan_register_root_region");
	next.unregister_root_region = next_of(o.dlfo_link_map, "__lsan_unregister_root_region");
}
