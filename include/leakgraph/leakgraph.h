/* leakgraph.h: what a program may tell leakgraph while it is being recorded. Header only, for C99 and C++.
 *
 * SPDX-License-Identifier: MIT. Copyright (c) 2026 the leakgraph authors.
 *
 *   if (LEAKGRAPH_ENABLED())       it is being recorded
 *   LEAKGRAPH_MARK("warmed up");   an epoch begins: leakgraph growth and diff show what lived at it, by this name
 *   LEAKGRAPH_SNAPSHOT();          the recorder looks at all memory now; the program stands still meanwhile
 *
 *   LEAKGRAPH_IGNORE(p);           the block that holds p is no leak, nor is what only it holds
 *   LEAKGRAPH_ROOT(p, bytes);      pointers in there hold, whatever memory it is; LEAKGRAPH_UNROOT takes it back
 *   LEAKGRAPH_WEAK(p, bytes);      pointers in there hold nothing; LEAKGRAPH_UNWEAK takes it back
 *   LEAKGRAPH_WEAK_SLOT(&cached);  the same of one variable; LEAKGRAPH_UNWEAK_SLOT takes it back
 *   LEAKGRAPH_TYPE(p, "struct x"); the block that holds p is one
 *
 *   LEAKGRAPH_PAUSE();             what this thread allocates from here on is not recorded; pairs may be nested
 *   LEAKGRAPH_RESUME();
 *   LEAKGRAPH_PAUSE_ALL();         ... what any thread allocates
 *   LEAKGRAPH_RESUME_ALL();
 *
 *   LEAKGRAPH_POOL_CREATE(p, bytes);   out of this memory, a block's or mapped, the program hands out blocks by itself
 *   LEAKGRAPH_POOL_ALLOC(q, n);        ... this one
 *   LEAKGRAPH_POOL_FREE(q);            ... and takes it back
 *   LEAKGRAPH_POOL_DESTROY(p, bytes);  ... and all of them
 *
 *   LEAKGRAPH_WATCH(p, gone, context); gone(p, context) is called when the block at p ends; 0: it will not be
 *   LEAKGRAPH_UNWATCH(p);
 *
 *   struct leakgraph_leaks leaks;
 *   LEAKGRAPH_CHECK_NOW(&leaks);   how many blocks are lost at this moment, 0 for none; -1: nobody can tell
 *
 * What is told of a block, or of memory in it, holds until it is freed or resized. Any thread may call them, at any time.
 * A program that is not recorded goes on as if they were not there, and with -DLEAKGRAPH_DISABLE they are not. Nothing
 * needs to be linked with (before glibc 2.34: -ldl). leakgraph-client(3) tells more. */
#ifndef LEAKGRAPH_H
#define LEAKGRAPH_H

/* What LEAKGRAPH_CHECK_NOW() has found; all ones when nobody can tell. */
struct leakgraph_leaks {
	unsigned long long blocks, bytes;
};

#ifdef LEAKGRAPH_DISABLE

static inline long long leakgraph_check_now(struct leakgraph_leaks *leaks)
{
	if (leaks)
		leaks->blocks = leaks->bytes = ~0ull;
	return -1;
}

#define LEAKGRAPH_ENABLED() (0)
#define LEAKGRAPH_MARK(name) ((void)sizeof(name))
#define LEAKGRAPH_SNAPSHOT() ((void)0)
#define LEAKGRAPH_IGNORE(p) ((void)sizeof(p))
#define LEAKGRAPH_ROOT(p, bytes) ((void)sizeof(p), (void)sizeof(bytes))
#define LEAKGRAPH_UNROOT(p, bytes) ((void)sizeof(p), (void)sizeof(bytes))
#define LEAKGRAPH_WEAK(p, bytes) ((void)sizeof(p), (void)sizeof(bytes))
#define LEAKGRAPH_UNWEAK(p, bytes) ((void)sizeof(p), (void)sizeof(bytes))
#define LEAKGRAPH_WEAK_SLOT(p) ((void)sizeof(p))
#define LEAKGRAPH_UNWEAK_SLOT(p) ((void)sizeof(p))
#define LEAKGRAPH_TYPE(p, name) ((void)sizeof(p), (void)sizeof(name))
#define LEAKGRAPH_POOL_CREATE(p, bytes) ((void)sizeof(p), (void)sizeof(bytes))
#define LEAKGRAPH_POOL_ALLOC(p, bytes) ((void)sizeof(p), (void)sizeof(bytes))
#define LEAKGRAPH_POOL_FREE(p) ((void)sizeof(p))
#define LEAKGRAPH_POOL_DESTROY(p, bytes) ((void)sizeof(p), (void)sizeof(bytes))
#define LEAKGRAPH_WATCH(p, callback, context)                                                                \
	((void)sizeof(p), (void)sizeof(&(callback)), (void)sizeof(context), 0)
#define LEAKGRAPH_UNWATCH(p) ((void)sizeof(p))
#define LEAKGRAPH_PAUSE() ((void)0)
#define LEAKGRAPH_RESUME() ((void)0)
#define LEAKGRAPH_PAUSE_ALL() ((void)0)
#define LEAKGRAPH_RESUME_ALL() ((void)0)

#else

#include <dlfcn.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is told of memory. Numbers are only ever added. */
enum leakgraph_told {
	LEAKGRAPH_TOLD_IGNORE = 1,
	LEAKGRAPH_TOLD_ROOT = 2,
	LEAKGRAPH_TOLD_NO_ROOT = 3,
	LEAKGRAPH_TOLD_WEAK = 4,
	LEAKGRAPH_TOLD_NO_WEAK = 5,
	LEAKGRAPH_TOLD_TYPE = 6,
	LEAKGRAPH_TOLD_POOL = 8,
	LEAKGRAPH_TOLD_NO_POOL = 9,
	LEAKGRAPH_TOLD_NO_MEMBER = 11
};

/* What leakgraph's library offers under the name leakgraph_client_v1. Members are only ever added. */
struct leakgraph_client {
	unsigned long size; /* bytes of the table, as the library knows it */
	int (*enabled)(void);
	void (*mark)(
	    const char *name); /* names of up to 123 bytes, 1024 different ones; longer ones are cut */
	void (*snapshot)(void);
	void (*tell)(int what, void *p, unsigned long bytes, const char *name); /* names: as of marks */
	void (*pause)(int all);
	void (*resume)(int all);
	int (*check)(unsigned long long *blocks, unsigned long long *bytes); /* 0: nobody can tell */
	void (*pool_alloc)(void *p, unsigned long bytes);
	int (*watch)(void *p, void (*callback)(void *p, void *context), void *context); /* 0: no */
	void (*unwatch)(void *p);
};

#ifdef __cplusplus
}
#endif

/* NULL: not recorded, or by a leakgraph older than this header. */
static inline const struct leakgraph_client *leakgraph_client(void)
{
	static void *known, *const nobody = (void *)&known;
	void *found = __atomic_load_n(&known, __ATOMIC_RELAXED);

	if (!found) {
		found = dlsym((void *)0 /* RTLD_DEFAULT */, "leakgraph_client_v1");
		if (!found ||
		    ((const struct leakgraph_client *)found)->size < sizeof(struct leakgraph_client))
			found = nobody;
		__atomic_store_n(&known, found, __ATOMIC_RELAXED);
	}
	return found == nobody ? (const struct leakgraph_client *)0 : (const struct leakgraph_client *)found;
}

static inline int leakgraph_enabled(void)
{
	const struct leakgraph_client *client = leakgraph_client();

	return client && client->enabled();
}

static inline void leakgraph_mark(const char *name)
{
	const struct leakgraph_client *client = leakgraph_client();

	if (client)
		client->mark(name);
}

static inline void leakgraph_snapshot(void)
{
	const struct leakgraph_client *client = leakgraph_client();

	if (client)
		client->snapshot();
}

static inline void leakgraph_tell(enum leakgraph_told what, void *p, unsigned long bytes, const char *name)
{
	const struct leakgraph_client *client = leakgraph_client();

	if (client)
		client->tell(what, p, bytes, name);
}

static inline void leakgraph_pool_alloc(void *p, unsigned long bytes)
{
	const struct leakgraph_client *client = leakgraph_client();

	if (client)
		client->pool_alloc(p, bytes);
}

static inline int leakgraph_watch(void *p, void (*callback)(void *p, void *context), void *context)
{
	const struct leakgraph_client *client = leakgraph_client();

	return client && client->watch(p, callback, context);
}

static inline void leakgraph_unwatch(void *p)
{
	const struct leakgraph_client *client = leakgraph_client();

	if (client)
		client->unwatch(p);
}

static inline void leakgraph_pause(int all)
{
	const struct leakgraph_client *client = leakgraph_client();

	if (client)
		client->pause(all);
}

static inline void leakgraph_resume(int all)
{
	const struct leakgraph_client *client = leakgraph_client();

	if (client)
		client->resume(all);
}

static inline long long leakgraph_check_now(struct leakgraph_leaks *leaks)
{
	const struct leakgraph_client *client = leakgraph_client();
	struct leakgraph_leaks found = { ~0ull, ~0ull };
	int is_known = client && client->check(&found.blocks, &found.bytes);

	if (leaks)
		*leaks = found;
	return is_known ? (long long)found.blocks : -1;
}

/* Only where it is matters, not what it points at, nor whether anything was written there. */
#define LEAKGRAPH_ADDRESS(p) ((void *)(__UINTPTR_TYPE__)(p))

#define LEAKGRAPH_ENABLED() leakgraph_enabled()
#define LEAKGRAPH_MARK(name) leakgraph_mark(name)
#define LEAKGRAPH_SNAPSHOT() leakgraph_snapshot()
#define LEAKGRAPH_IGNORE(p) leakgraph_tell(LEAKGRAPH_TOLD_IGNORE, LEAKGRAPH_ADDRESS(p), 0, 0)
#define LEAKGRAPH_ROOT(p, bytes) leakgraph_tell(LEAKGRAPH_TOLD_ROOT, LEAKGRAPH_ADDRESS(p), bytes, 0)
#define LEAKGRAPH_UNROOT(p, bytes) leakgraph_tell(LEAKGRAPH_TOLD_NO_ROOT, LEAKGRAPH_ADDRESS(p), bytes, 0)
#define LEAKGRAPH_WEAK(p, bytes) leakgraph_tell(LEAKGRAPH_TOLD_WEAK, LEAKGRAPH_ADDRESS(p), bytes, 0)
#define LEAKGRAPH_UNWEAK(p, bytes) leakgraph_tell(LEAKGRAPH_TOLD_NO_WEAK, LEAKGRAPH_ADDRESS(p), bytes, 0)
#define LEAKGRAPH_WEAK_SLOT(p) leakgraph_tell(LEAKGRAPH_TOLD_WEAK, LEAKGRAPH_ADDRESS(p), sizeof(void *), 0)
#define LEAKGRAPH_UNWEAK_SLOT(p)                                                                             \
	leakgraph_tell(LEAKGRAPH_TOLD_NO_WEAK, LEAKGRAPH_ADDRESS(p), sizeof(void *), 0)
#define LEAKGRAPH_TYPE(p, name) leakgraph_tell(LEAKGRAPH_TOLD_TYPE, LEAKGRAPH_ADDRESS(p), 0, name)
#define LEAKGRAPH_POOL_CREATE(p, bytes) leakgraph_tell(LEAKGRAPH_TOLD_POOL, LEAKGRAPH_ADDRESS(p), bytes, 0)
#define LEAKGRAPH_POOL_ALLOC(p, bytes) leakgraph_pool_alloc(LEAKGRAPH_ADDRESS(p), bytes)
#define LEAKGRAPH_POOL_FREE(p) leakgraph_tell(LEAKGRAPH_TOLD_NO_MEMBER, LEAKGRAPH_ADDRESS(p), 0, 0)
#define LEAKGRAPH_POOL_DESTROY(p, bytes)                                                                     \
	leakgraph_tell(LEAKGRAPH_TOLD_NO_POOL, LEAKGRAPH_ADDRESS(p), bytes, 0)
#define LEAKGRAPH_WATCH(p, callback, context) leakgraph_watch(LEAKGRAPH_ADDRESS(p), callback, context)
#define LEAKGRAPH_UNWATCH(p) leakgraph_unwatch(LEAKGRAPH_ADDRESS(p))
#define LEAKGRAPH_PAUSE() leakgraph_pause(0)
#define LEAKGRAPH_RESUME() leakgraph_resume(0)
#define LEAKGRAPH_PAUSE_ALL() leakgraph_pause(1)
#define LEAKGRAPH_RESUME_ALL() leakgraph_resume(1)

#endif

#define LEAKGRAPH_CHECK_NOW(leaks) leakgraph_check_now(leaks)

#endif
