/* canvas.h: address space painted in layers. The first layer to paint an address keeps it, so rules are written
 * from the surest to the vaguest and none needs to know the others. */
#ifndef LG_HEAP_CANVAS_H
#define LG_HEAP_CANVAS_H

#include "base/ranges.h"
#include "heap/heap.h"

#define ROOT_NOBODY ROOT_KINDS /* paint that makes no region: memory that holds nothing */

struct canvas {
	struct ranges taken;
	struct root_region *layer; /* the layer being painted */
	size_t nlayer, layer_room;
	struct root_region *regions; /* what earlier layers left, in no order */
	size_t nregions, regions_room;
	bool failed; /* out of memory */
};

/* Only addresses in `paintable` can ever become regions. */
void canvas_open(struct canvas *c, const struct ranges *paintable);
void canvas_paint(struct canvas *c, struct root_region region); /* empty ones are dropped */
void canvas_dry(struct canvas *c); /* ends the layer; within it the lower start wins */
void canvas_add(struct canvas *c, struct root_region region); /* a region that is no memory */
void canvas_free(struct canvas *c);

#endif
