/* types.h: what DWARF says about the layout of a variable or a block.
 *
 * A type lives until names_close() and is the same pointer whenever the same definition is met again. All is read
 * when it is first asked for. typedef, const and volatile are looked through; references are pointers; what a unit
 * only declares is taken from the unit of the same object that defines it. Damaged DWARF ends as "not known". */
#ifndef LG_NAMES_TYPES_H
#define LG_NAMES_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct names;
struct type;

const char *type_name(const struct type *t); /* "struct node", "Foo::Bar<int>", "char *" */
uint64_t type_bytes(const struct type *t); /* 0: not known (void, functions, what is only declared) */
bool type_is_pointer(const struct type *t);
bool type_is_record(const struct type *t); /* struct, class or union */
bool type_is(const struct type *t, const struct type *other); /* the same, by whatever name */
const struct type *type_pointee(const struct type *t); /* NULL: no pointer, or one to void */

bool type_is_link(const struct type *t); /* a record of nothing but a pointer to the next one */

bool type_begins(const struct type *t, const struct type *with); /* a record, with that one */

/* Whether a record is little more than one of another type: a base class or member as large as itself, or that one's. */
bool type_wraps(const struct type *t, const struct type *inner);
/* The record with that full name ("shop::Cart<int>"; in C "node", also of
 * `typedef struct { ... } node`), of the first module whose debug information defines
 * it; NULL: none does. */
const struct type *names_type_named(struct names *n, const char *name);

/* How well a type explains a block of so many bytes, best first. */
enum type_fit {
	FIT_EXACT,
	FIT_TAIL, /* its last member is an array that goes on to the block's end */
	FIT_ARRAY, /* the block is an array of it */
	FIT_PREFIX, /* a record at the block's start: a header, or the base of something larger */
	FIT_BYTES, /* an array of single bytes, which fits everything */
	FIT_NOT,
};
enum type_fit type_fit(const struct type *t, uint64_t block_bytes);

/* The innermost member at an offset of a block that holds a `t`, an array of them, or one with a tail. */
struct type_member {
	const struct type *type;
	uint64_t offset_within; /* of the word in that member */
	bool is_union; /* other members share these bytes */
	const struct type *items; /* what it points at where its own type does not say so; NULL: that does */
};

/* Bytes that unions share have several members: `choice` counts them from 0. False: there is no such member.
 * path[room] gets its name, cut if need be: "next", "u.ptr", "slots[3].key", "[17].next", "" where the block is no
 * record; with room 0 it is not made. What the libraries of C++ and Rust call their own members is left out: of
 * a shared_ptr, a vector or a map the user knows the name alone. (What begins with a C++ library's has one.) */
bool type_member_at(const struct type *t, uint64_t block_bytes, uint64_t offset, unsigned choice,
		    struct type_member *out, char *path, size_t room);

/* Where the member lies that is called so: "refs", "links.parent". */
bool type_field(const struct type *t, const char *path, uint64_t *offset, uint64_t *bytes);

bool type_is_reserved(const char *name); /* of C++'s library: "_M_impl", "__cntrl_" */

/* The same for a word that holds a pointer: of members that share the bytes the first pointer, else the first. */
bool type_word_at(const struct type *t, uint64_t block_bytes, uint64_t offset, struct type_member *out,
		  char *path, size_t room);

/* Which of `prefixes`, which ends with NULL, begins the name (without its scope) of a record around that word; the
 * innermost such record counts. -1: none. */
int type_around(const struct type *t, uint64_t block_bytes, uint64_t offset, const char *const prefixes[]);

#endif
