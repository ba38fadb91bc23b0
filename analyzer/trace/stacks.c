/* stacks.c: the table of stack nodes, safe to walk.
 *
 * The table was filled without locks, so a parent's number may be larger than its child's, and a file may hold
 * anything. Once sealed, nodes[i].parent < nnodes for every i, and every chain of parents ends at node 0. */
#include "trace/file.h"

#include <stdlib.h>
#include <string.h>

bool nodes_reach(struct trace *t, uint32_t id)
{
	if (id < t->nnodes)
		return true;
	size_t more = (size_t)id + 1 - t->nnodes;
	if (!array_grow(t, &t->nodes, t->nnodes, more, sizeof *t->nodes))
		return false;
	memset(t->nodes + t->nnodes, 0, more * sizeof *t->nodes);
	t->nnodes = id + 1;
	return true;
}

enum colour { NEW = 0, WALKED, DONE }; /* WALKED: on the chain being followed; DONE: known to end at node 0 */

/* Follows the chain of node `id`. Returns the node whose parent closes a loop, or 0 when the chain ends well. */
static uint32_t chain_loop(const struct trace_node *nodes, uint8_t *colours, uint32_t id)
{
	uint32_t last = 0;

	for (; colours[id] == NEW; id = nodes[id].parent) {
		colours[id] = WALKED;
		last = id;
	}
	return colours[id] == WALKED ? last : 0;
}

static void chain_finish(const struct trace_node *nodes, uint8_t *colours, uint32_t id)
{
	for (; colours[id] == WALKED; id = nodes[id].parent)
		colours[id] = DONE;
}

static unsigned cut_loops(struct trace_node *nodes, uint32_t nnodes, uint8_t *colours)
{
	unsigned loops = 0;

	colours[0] = DONE;
	for (uint32_t i = 1; i < nnodes; i++) {
		uint32_t culprit = chain_loop(nodes, colours, i);
		if (culprit) {
			nodes[culprit].parent = 0;
			loops++;
		}
		chain_finish(nodes, colours, i);
	}
	return loops;
}

static unsigned cut_orphans(struct trace_node *nodes, uint32_t nnodes)
{
	unsigned orphans = 0;

	nodes[0] = (struct trace_node){ 0 };
	for (uint32_t i = 1; i < nnodes; i++)
		if (nodes[i].parent >= nnodes) {
			nodes[i].parent = 0;
			orphans++;
		}
	return orphans;
}

void nodes_seal(struct trace *t)
{
	uint8_t *colours = calloc(t->nnodes, 1);

	if (!colours) {
		t->file->starved = true;
		return;
	}
	unsigned orphans = cut_orphans(t->nodes, t->nnodes);
	unsigned loops = cut_loops(t->nodes, t->nnodes, colours);
	if (orphans)
		trace_note(t, "%u stack nodes have lost their parent", orphans);
	if (loops)
		trace_note(t, "%u chains of stack nodes loop", loops);
	free(colours);
}
