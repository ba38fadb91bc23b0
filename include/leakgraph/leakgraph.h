/* leakgraph.h: what a program may tell leakgraph while it is being recorded. Header only, for C99 and C++.
 *
 * SPDX-License-Identifier: MIT. Copyright (c) 2026 the leakgraph authors.
 *
 *   LEAKGRAPH_MARK("warmed up");   an epoch begins: leakgraph growth and diff show what lived at it, by this name
 *   LEAKGRAPH_SNAPSHOT();          the recorder looks at all memory now; the program stands still meanwhile
 *   if (LEAKGRAPH_ENABLED())       it is being recorded
 *
 * Any thread may call them, at any time. A program that is not recorded goes on as if they were not there, and with
 * -DLEAKGRAPH_DISABLE they are not. Nothing needs to be linked with (before glibc 2.34: -ldl). */
#ifndef LEAKGRAPH_H
#define LEAKGRAPH_H

#ifdef LEAKGRAPH_DISABLE

#define LEAKGRAPH_MARK(name) ((void)sizeof(name))
#define LEAKGRAPH_SNAPSHOT() ((void)0)
#define LEAKGRAPH_ENABLED() (0)

#else

#include <dlfcn.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What leakgraph's library offers under the name leakgraph_client_v1. Members are only ever added. */
struct leakgraph_client {
	unsigned long size; /* bytes of the table, as the library knows it */
	int (*enabled)(void);
	void (*mark)(const char *name); /* names of up to 59 bytes, 256 different ones; longer ones are cut */
	void (*snapshot)(void);
};

#ifdef __cplusplus
}
#endif

static inline const struct leakgraph_client *leakgraph_client(void)
{
	static void *known, *const nobody = (void *)&known;
	void *found = __atomic_load_n(&known, __ATOMIC_RELAXED);

	if (!found) {
		found = dlsym((void *)0 /* RTLD_DEFAULT */, "leakgraph_client_v1");
		found = found ? found : nobody;
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

#define LEAKGRAPH_MARK(name) leakgraph_mark(name)
#define LEAKGRAPH_SNAPSHOT() leakgraph_snapshot()
#define LEAKGRAPH_ENABLED() leakgraph_enabled()

#endif
#endif
