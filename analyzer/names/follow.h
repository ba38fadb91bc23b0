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
	uint32_t returned_into; /* ... that many bytes further; also if it is stored */
	uint8_t
	    stored_through; /* it stores the value where that argument of its own points, from 1 on; 0: nowhere */
};

/* Adds what the code at a return address (ELF virtual) tells of what the call returned, or has stored where its argument
 * number `through`, from 1 on, points. */
void follow_value(struct names *n, struct object *o, uint64_t address, unsigned through, struct findings *f);

#endif
