/* declarations.h: what a user says of types of the program's own that count their references: a text file.
 *
 *   # comments and empty lines mean nothing
 *   type struct node          blocks of that type: of C or C++, by debug information or RTTI
 *   from node_new 48          blocks that this function allocated; of that size, if one is given
 *     count refs              the field that counts the references: by name, or as OFFSET [BYTES]
 *     weak parent             a pointer that does not own
 *     owns next               a pointer that owns; where one is declared, no other word of the type owns */
#ifndef LG_MODELS_DECLARATIONS_H
#define LG_MODELS_DECLARATIONS_H

#include "base/err.h"
#include "names/store.h"
#include "names/types.h"

#define DECLARED_FIELDS_MAX 32u

/* A field: of a known type by name, or where it lies. */
struct declared_field {
	const char *name; /* NULL: by its place */
	uint64_t offset, bytes; /* of a name: 0 until the type is known */
	const char *file;
	uint32_t line;
};

struct declaration {
	const char *type; /* "struct node"; NULL: by the function */
	const char *function;
	uint64_t size; /* 0: of any */
	struct declared_field count; /* bytes 0: it keeps none */
	bool has_count;
	struct declared_field weak[DECLARED_FIELDS_MAX], owns[DECLARED_FIELDS_MAX];
	uint32_t nweak, nowns;
	const char *file;
	uint32_t line;
	struct declaration *next;
};

struct declarations {
	struct declaration *first; /* in the order of the files */
	struct declaration *last;
	struct arena arena;
};

/* Adds those of a file's text, which is cut up. 0, or -1 with "FILE:LINE: what is wrong". */
int declarations_add(struct declarations *d, const char *file, char *text, struct err *err);
/* Finds where the fields lie that a type has by name. A name that the type does not have is an error. */
int declaration_resolve(struct declaration *d, const struct type *t, struct err *err);
void declarations_free(struct declarations *d); /* safe on a zeroed one */

#endif
