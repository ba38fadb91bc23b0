/* kept.h: what a snapshot keeps of CPython besides pointers and small integers.
 *
 * Types cannot be told apart, and nothing in them has a name, without a little more of the interpreter's memory: the
 * flags and names of type objects; interned strings, which are the names of attributes, variables, modules and
 * functions that stand in program text; code objects' names and files. Values of the program are not among them:
 * strings that it computes are not interned. Pointers at odd addresses, which packed records hold, are kept too. */
#ifndef LG_RECORD_KEPT_H
#define LG_RECORD_KEPT_H

#include "trace/trace.h"

struct kept;

/* How the target is read; false: it cannot be. */
typedef bool kept_read(const void *context, uint64_t at, void *to, size_t bytes);

/* NULL: no CPython in it, or no memory to look. The mappings are sorted and outlive it. */
struct kept *kept_open(const struct trace_mapping *mappings, size_t nmappings, kept_read *read,
		       const void *context);
/* Looks at words as they were read, whatever becomes of them. */
void kept_look(struct kept *k, const uint64_t *words, size_t nwords, uint64_t start);
/* Fills `out` with the next KEPT payload, of all that was found so far. False: there is none. */
bool kept_put(struct kept *k, struct buf *out);
void kept_free(struct kept *k); /* NULL is fine */

#endif
