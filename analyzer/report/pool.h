/* pool.h: memory that lives and dies with a report. Taken piece by piece, given back at once. */
#ifndef LG_REPORT_POOL_H
#define LG_REPORT_POOL_H

#include <stddef.h>

struct pool {
	struct pool_chunk *last; /* owned; each chunk knows the one before */
};

void *pool_take(struct pool *p, size_t bytes); /* zeroed, aligned for anything; NULL: no memory */
char *pool_text(struct pool *p, const char *text); /* a copy; NULL of NULL, and when there is no memory */
char *pool_print(struct pool *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
void pool_free(struct pool *p);

#endif
