/* memory.h: the target's memory for the models: what the snapshot holds, else what the mapped file holds.
 *
 * Read-only data (names of types, tables, code) is in no snapshot; it comes from the file that was mapped there, if it
 * is at hand and still the one that was traced. */
#ifndef LG_MODELS_MEMORY_H
#define LG_MODELS_MEMORY_H

#include "heap/heap.h"
#include "names/names.h"

struct memory {
	const struct trace_snapshot *snapshot;
	struct names *names;
	size_t last; /* the snapshot's range that was read last */
};

/* False: nobody holds it. `addr` need not be aligned for memory_bytes(). */
bool memory_word(struct memory *m, uint64_t addr, uint64_t *word);
bool memory_bytes(struct memory *m, uint64_t addr, void *bytes, size_t n);
/* Only what the snapshot holds: quick, also where there is nothing. */
bool memory_held(struct memory *m, uint64_t addr, uint64_t *word);
/* A NUL-terminated printable text of at most room - 1 bytes; false if it is none. */
bool memory_text(struct memory *m, uint64_t addr, char *text, size_t room);

#endif
