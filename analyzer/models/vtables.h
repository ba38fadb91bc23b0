/* vtables.h: classes by their virtual table pointers (Itanium C++ ABI, 2.5 and 2.9.5); symbols are not needed. */
#ifndef LG_MODELS_VTABLES_H
#define LG_MODELS_VTABLES_H

#include "models/memory.h"
#include "names/store.h"

struct vtables {
	struct memory *memory;
	struct arena arena;
	struct map names; /* word -> type name, "" where it is no virtual table pointer */
};

/* The class of the object that begins with this word, as long as the tables live; NULL: none does. Each word is looked
 * at once. */
const char *vtables_type(struct vtables *v, uint64_t word);
bool vtables_are_there(const struct heap *h); /* the process has C++'s library */
void vtables_free(struct vtables *v); /* safe on a zeroed one */

#endif
