/* type.h: a type from inside: what the three files that know its fields share.
 *
 * types.c         from a DIE to its type, its members, its size
 * type_names.c    how it is spelled
 * type_members.c  the member that a word of a block belongs to */
#ifndef LG_NAMES_TYPE_H
#define LG_NAMES_TYPE_H

#include "names/inside.h"

#include <dwarf.h>

#define WALK_DEPTH 32u /* records in arrays in records ... */
#define DIMS_MAX 8u
#define FIELDS_MAX 65536u /* of one record */

enum type_kind { TYPE_OTHER, TYPE_RECORD, TYPE_POINTER, TYPE_ARRAY };

struct field {
	const char *name; /* "": its members count as the record's own (base classes, anonymous members) */
	const struct type *type;
	uint64_t offset, bytes;
};

struct type {
	struct names *names;
	struct object *object;
	Dwarf_Die die;
	int tag;
	enum type_kind kind;
	bool is_union; /* its fields share their bytes */
	bool is_read; /* inner, or fields */
	const char *name; /* NULL: not spelled yet */
	uint64_t bytes;
	const struct type *inner; /* what a pointer points at, the elements of an array */
	uint64_t dims[DIMS_MAX]; /* of an array; 0: not known */
	uint32_t ndims;
	uint32_t nfields;
	struct field *fields; /* in the order of the declaration */
	/* The field that ends in an array which may go on behind the record; NULL: none */
	const struct field *tail;
	uint64_t tail_offset; /* of that array */
};

bool tag_is_record(int tag);
/* The same type, its fields or what is inside it read. */
const struct type *type_readied(const struct type *asked);

#endif
