/* stacks.h: the target's stack nodes, numbered for the trace in the order in which events use them. What has Python
 * frames beside its machine frames becomes one stack of both. */
#ifndef LG_RECORD_STACKS_H
#define LG_RECORD_STACKS_H

#include "leakgraph/ring.h"
#include "trace/trace.h"

#include <stdbool.h>

/* A frame on top of a numbered one, in a stack that was put together here. */
struct woven {
	uint64_t frame;
	uint32_t parent, number; /* 0: a vacant place */
};

struct stacks {
	const struct lg_area *area;
	uint32_t *numbers; /* by node id, 0: not yet used; owned */
	uint32_t nnumbers; /* nodes from there on are not yet used */
	uint32_t count; /* numbers given out: 1 to count */
	struct trace_node *fresh; /* the latest of them, not yet written; owned */
	size_t nfresh, room;
	struct woven *woven; /* by hash of frame and parent; owned */
	uint32_t nwoven, woven_places; /* a power of two */
	uint8_t *told; /* a bit for each code of Python's: it is in the trace; NULL: none is; owned */
	bool out_of_memory;
};

void stacks_init(struct stacks *s, const struct lg_area *area);
void stacks_free(struct stacks *s);
/* A node as the target has it, `parent` by id; false: there is none. */
bool stacks_node(const struct stacks *s, uint32_t id, struct trace_node *node);
/* The number of a node; its frames that are new become fresh nodes, outermost first. 0: no stack, or damage. */
uint32_t stacks_number_new(struct stacks *s, uint32_t node);

/* Which Python code a frame is a line of, the first time that it is asked for; false: none, or told already. File and
 * name of `code` have room for LG_PYTHON_STRING_MAX bytes and a terminator each. */
bool stacks_new_code(struct stacks *s, uint64_t frame, struct trace_python_code *code);

/* Most have theirs, and events without a stack have node 0, whose number is 0. */
static inline uint32_t stacks_number(struct stacks *s, uint32_t node)
{
	uint32_t number = node < s->nnumbers ? s->numbers[node] : 0;

	return number || !node ? number : stacks_number_new(s, node);
}

#endif
