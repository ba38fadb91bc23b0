/* hooks.c: the interposed entry points. Each calls the real function with the caller's very arguments, returns
 * its very answer and errno, and says what happened: an allocation after the real call, a free before it, a
 * realloc on both sides. */
#include "shim.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
/* A second name for a hook. glibc exports these, and a few programs call them directly. */
#if __has_attribute(copy)
#define ALSO(name, hook) EXPORT extern __typeof__(hook) name __attribute__((alias(#hook), copy(hook)))
#else
#define ALSO(name, hook) EXPORT extern __typeof__(hook) name __attribute__((alias(#hook)))
#endif

EXPORT void *malloc(size_t size)
{
	void *p = real.malloc(size);

	if (likely(p))
		emit_alloc(LG_EV_ALLOC, p, size, LG_ENTRY_MALLOC, HOOK_FRAME);
	return p;
}

EXPORT void *calloc(size_t n, size_t size)
{
	void *p = real.calloc(n, size);

	if (likely(p))
		emit_alloc(LG_EV_ALLOC, p, n * size, LG_ENTRY_CALLOC, HOOK_FRAME);
	return p;
}

EXPORT void free(void *p)
{
	if (!p || unlikely(boot_contains(p)))
		return;
	if (unlikely(in_loader(HOOK_FRAME[1])))
		rules_notice_loader();
	if (is_watching())
		watch_end(p);
	emit_free(LG_EV_FREE, p, LG_ENTRY_FREE, HOOK_FRAME);
	real.free(p);
}

/* C23, 7.24.3.4 and 7.24.3.5; not in glibc 2.36, so the real call is free. */
static void free_given(void *p, size_t size, enum lg_entry entry, const uint64_t *frame)
{
	if (!p || boot_contains(p))
		return;
	if (is_watching())
		watch_end(p);
	emit_free_given(p, size, 0, entry, frame);
	real.free(p);
}

EXPORT void free_sized(void *p, size_t size);
EXPORT void free_sized(void *p, size_t size)
{
	free_given(p, size, LG_ENTRY_FREE_SIZED, HOOK_FRAME);
}

EXPORT void free_aligned_sized(void *p, size_t alignment, size_t size);
EXPORT void free_aligned_sized(void *p, size_t alignment, size_t size)
{
	(void)alignment;
	free_given(p, size, LG_ENTRY_FREE_ALIGNED_SIZED, HOOK_FRAME);
}

static void *realloc_boot(void *p, size_t size)
{
	void *q = real.malloc(size);
	size_t room = BOOT_ARENA_BYTES - boot_offset(p);

	if (q)
		memcpy(q, p, size < room ? size : room);
	return q;
}

/* realloc(p, 0) frees p; what comes back, if anything, is a new block (glibc: NULL, musl: a pointer). */
static void *realloc_to_nothing(void *p, const uint64_t *frame)
{
	if (is_watching())
		watch_end(p);
	emit_free(LG_EV_FREE, p, LG_ENTRY_REALLOC, frame);
	void *q = real.realloc(p, 0);
	if (q)
		emit_alloc(LG_EV_ALLOC, q, 0, LG_ENTRY_REALLOC, frame);
	return q;
}

/* One that was left out is recorded from now on, unless this is to be left out too. */
static void *realloc_left_out(void *p, size_t size, const uint64_t *frame)
{
	emit_free(LG_EV_FREE, p, LG_ENTRY_REALLOC, frame);
	void *q = real.realloc(p, size);
	if (q)
		emit_alloc(LG_EV_ALLOC, q, size, LG_ENTRY_REALLOC, frame);
	else
		emit_still_left_out(p, size);
	return q;
}

static void *realloc_recorded(void *p, size_t size, const uint64_t *frame)
{
	if (unlikely(emit_left_out(p)))
		return realloc_left_out(p, size, frame);
	emit_free(LG_EV_RELEASE, p, LG_ENTRY_REALLOC, frame);
	void *q = real.realloc(p, size);
	emit_alloc(LG_EV_RESIZE, q, size, LG_ENTRY_REALLOC, frame);
	if (unlikely(!q))
		emit_still_recorded(p);
	return q;
}

/* A block that moves is called of when it has moved: its old memory is no longer to be looked at. One watcher is. */
static void *realloc_watched(void *p, size_t size, const uint64_t *frame)
{
	struct watched w = watch_take(p);
	void *q = realloc_recorded(p, size, frame);

	if (!w.callback)
		return q;
	if (!q || q == p)
		watch_begin(p, w.callback, w.context);
	else
		w.callback(p, w.context);
	return q;
}

static inline __attribute__((always_inline)) void *resize(void *p, size_t size, const uint64_t *frame)
{
	void *q;

	if (!p || unlikely(boot_contains(p))) {
		q = p ? realloc_boot(p, size) : real.realloc(NULL, size);
		if (q)
			emit_alloc(LG_EV_ALLOC, q, size, LG_ENTRY_REALLOC, frame);
		return q;
	}
	if (unlikely(!size))
		return realloc_to_nothing(p, frame);
	if (is_watching())
		return realloc_watched(p, size, frame);
	return realloc_recorded(p, size, frame);
}

EXPORT void *realloc(void *p, size_t size)
{
	return resize(p, size, HOOK_FRAME);
}

/* glibc's is no more than this (malloc/reallocarray.c), but mimalloc's does not ask realloc. */
EXPORT void *reallocarray(void *p, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return resize(p, bytes, HOOK_FRAME);
}

EXPORT int posix_memalign(void **p, size_t alignment, size_t size)
{
	int error = real.posix_memalign(p, alignment, size);

	if (!error && *p)
		emit_alloc(LG_EV_ALLOC, *p, size, LG_ENTRY_POSIX_MEMALIGN, HOOK_FRAME);
	return error;
}

EXPORT void *memalign(size_t alignment, size_t size)
{
	void *p = real.memalign(alignment, size);

	if (p)
		emit_alloc(LG_EV_ALLOC, p, size, LG_ENTRY_MEMALIGN, HOOK_FRAME);
	return p;
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
	void *p = real.aligned_alloc(alignment, size);

	if (p)
		emit_alloc(LG_EV_ALLOC, p, size, LG_ENTRY_ALIGNED_ALLOC, HOOK_FRAME);
	return p;
}

EXPORT void *valloc(size_t size)
{
	void *p = real.valloc(size);

	if (p)
		emit_alloc(LG_EV_ALLOC, p, size, LG_ENTRY_VALLOC, HOOK_FRAME);
	return p;
}

EXPORT void *pvalloc(size_t size)
{
	void *p = real.pvalloc(size);

	if (p)
		emit_alloc(LG_EV_ALLOC, p, size, LG_ENTRY_PVALLOC, HOOK_FRAME);
	return p;
}

ALSO(cfree, free);
ALSO(__libc_malloc, malloc);
ALSO(__libc_calloc, calloc);
ALSO(__libc_realloc, realloc);
ALSO(__libc_free, free);
ALSO(__libc_memalign, memalign);
ALSO(__libc_valloc, valloc);
ALSO(__libc_pvalloc, pvalloc);
