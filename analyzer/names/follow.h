/* follow.h: a few instructions further, what is the pointer that a call returned taken for?
 *
 * The code after a return address is read from the traced file, never from the process. The register that holds the
 * value is followed through moves, spills and reloads; what variables, members, parameters and results it becomes tells
 * what it points at. */
#ifndef LG_NAMES_FOLLOW_H
#define LG_NAMES_FOLLOW_H

#include "names/inside.h"

/* How it came about; what comes first says more. */
enum found {
	FOUND_TAKEN, /* something for such pointers took it */
	FOUND_SELF, /* a function of the type's own did: one begins there, no array of them */
	FOUND_NEAR, /* nothing was seen to take it: only if it has just the block's size */
	FOUND_RESULT, /* the same, of a function that was not seen to return it: what took it says more, an array too */
};

struct finding {
	const struct type *type; /* what the pointer may point at; its size is known */
	enum found how;
	uint32_t into; /* it was taken so many bytes into the block: behind a count of items */
};

#define FINDINGS_MAX 24u
struct findings {
	struct finding at[FINDINGS_MAX]; /* nearest first */
	unsigned n;
	bool is_returned; /* the function returns the value itself: its caller knows more */
	uint32_t returned_into; /* ... that many bytes further */
};

/* Adds what the code at a return address (ELF virtual) tells. */
void follow_value(struct names *n, struct object *o, uint64_t address, struct findings *f);

#endif
