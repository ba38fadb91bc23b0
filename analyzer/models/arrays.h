/* arrays.h: what an array is called: "struct node[]". */
#ifndef LG_MODELS_ARRAYS_H
#define LG_MODELS_ARRAYS_H

#include "names/store.h"

struct arrays {
	struct arena arena;
	struct map names; /* of an item, by its address -> of an array of such */
};

/* Lives as long as the arrays; NULL: no memory. The item's name has to live as long. */
const char *arrays_name(struct arrays *a, const char *item);
void arrays_free(struct arrays *a);

#endif
