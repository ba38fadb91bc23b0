/* stacks.h: the target's stack nodes, numbered for the trace in the order in which events use them. */
#ifndef LG_RECORD_STACKS_H
#define LG_RECORD_STACKS_H

#include "leakgraph/ring.h"
#include "trace/trace.h"

#include <stdbool.h>

struct stacks {
	const struct lg_area *area;
	uint32_t *numbers; /* by node id, 0: not yet used; owned */
	uint32_t nnumbers; /* nodes from there on are not yet used */
	uint32_t count; /* numbers given out: 1 to count */
	struct trace_node *fresh; /* the latest of them, not yet written; owned */
	size_t nfresh, room;
	bool out_of_memory;
};

void stacks_init(struct stacks *s, const struct lg_area *area);
void stacks_free(struct stacks *s);
/* A node as the target has it, `parent` by id; false: there is none. */
bool stacks_node(const struct stacks *s, uint32_t id, struct trace_node *node);
/* The number of a node; its frames that are new become fresh nodes, outermost first. 0: no stack, or damage. */
uint32_t stacks_number_new(struct stacks *s, uint32_t node);

/* Most have theirs, and events without a stack have node 0, whose number is 0. */
static inline uint32_t stacks_number(struct stacks *s, uint32_t node)
{
	uint32_t number = node < s->nnumbers ? s->numbers[node] : 0;

	return number || !node ? number : stacks_number_new(s, node);
}

#endif
