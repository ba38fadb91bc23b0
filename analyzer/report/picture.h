/* picture.h: the reference graph around one leak or block, small enough to be read: a cycle, what holds a block, what
 * a block holds. DOT for graphviz, or JSON. */
#ifndef LG_REPORT_PICTURE_H
#define LG_REPORT_PICTURE_H

#include "base/buf.h"
#include "report/model.h"

#define PICTURE_NODES 60u /* unless the user wants more */

struct picture_node {
	const char *root; /* "registry in app"; NULL: a block */
	uint64_t addr, size;
	const char *type; /* NULL: unknown */
	const char *class; /* "cycle", "reachable", ... */
	const struct report_stack *stack;
	uint64_t hidden; /* referents that are not in the picture */
	bool is_asked;
};

struct picture_edge {
	uint32_t from, to; /* nodes */
	uint64_t offset;
	const char *field; /* NULL: unknown */
	enum ref_kind kind;
	bool is_break; /* the edge that is proposed to be cut */
};

struct picture {
	struct report report; /* the process, and the pool that all this lives in */
	/* By when they were met: roots and path first, then the asked one, then behind it */
	struct picture_node *nodes;
	struct picture_edge *edges;
	uint32_t nnodes, nedges, nnodes_max;
};

/* `what` is "L3", an address, or NULL: the first leak, else the heaviest holder. 0, or -1 with err. */
int picture_load(struct picture *p, const char *path, const char *what, const struct report_options *options,
		 uint32_t max_nodes, struct err *err);
/* All of an analysis that is open, as far as it fits: leaks first, then what holds most. Without a snapshot, nothing. */
int picture_whole(struct picture *p, struct analysis *a, const struct report_options *options,
		  uint32_t max_nodes, struct err *err);
void picture_free(struct picture *p);

void picture_dot(struct buf *out, const struct picture *p);
void picture_json(struct buf *out, const struct picture *p);

#endif
