/* containers.c: the words by which nodes of libstdc++'s and libc++'s containers know the container that they are in. They own
 * nothing: a lost std::map is lost with its nodes, and no cycle.
 *
 * A tree's root knows the header in its std::map or std::set, the first and the last node of a std::list know that list, and
 * a std::unordered_map's buckets know where its nodes begin. Each is known by what the container says of the node in return,
 * so debug information is not asked for; it is of room that is not in use (slack.h). */
#include "models/slack.h"

#include <stdlib.h>

struct containers {
	const struct model_world *world;
	struct slack *slack;
};

static bool word_is(const struct containers *c, uint64_t at, uint64_t value)
{
	uint64_t word;

	return memory_held(c->world->memory, at, &word) && word == value;
}

static bool is_of_size(const struct containers *c, uint64_t at, uint64_t bytes)
{
	uint32_t block = heap_find(c->world->heap, at);
	const struct block *b = block != NO_BLOCK ? &c->world->heap->blocks[block] : NULL;

	return b && b->addr == at && b->size == bytes;
}

/* {red, root, leftmost, rightmost, count} that a node {black, header, left, right} knows (stl_tree.h). */
static bool is_tree_header(const struct containers *c, const struct block *node, uint64_t header)
{
	uint64_t colour, left, right, count;
	struct memory *m = c->world->memory;

	return node->size >= 32 && word_is(c, header + 8, node->addr) && memory_held(m, header, &colour) &&
	       !(uint32_t)colour && memory_held(m, node->addr, &colour) && (uint32_t)colour == 1 &&
	       memory_held(m, header + 16, &left) && memory_held(m, header + 24, &right) &&
	       memory_held(m, header + 32, &count) && count && (count == 1) == (left == right) &&
	       is_of_size(c, left, node->size) && is_of_size(c, right, node->size);
}

/* libc++'s {leftmost, root, count}, whose second word a node {left, right, header} knows (__tree). */
static bool is_tree_end(const struct containers *c, const struct block *node, uint64_t end)
{
	uint64_t leftmost, count;
	struct memory *m = c->world->memory;

	return node->size >= 32 && word_is(c, end, node->addr) && memory_held(m, end - 8, &leftmost) &&
	       memory_held(m, end + 8, &count) && count && count <= c->world->heap->nblocks &&
	       is_of_size(c, leftmost, node->size) && (count > 1 || leftmost == node->addr);
}

/* {first, last, count} of nodes {next, previous} that begin blocks of one size (list.tcc). A node may hold the count, too. */
static bool is_list_header(const struct containers *c, const struct block *node, uint64_t header)
{
	uint64_t count, at = header;

	if (node->size < 24 || is_of_size(c, header, node->size) ||
	    !memory_held(c->world->memory, header + 16, &count) || count > c->world->heap->nblocks)
		return false;
	for (uint64_t i = 0; i < count; i++)
		if (!memory_held(c->world->memory, at, &at) || !is_of_size(c, at, node->size))
			return false;
	return count && word_is(c, at, header) && word_is(c, header + 8, at);
}

/* {buckets, how many, first node, ...} whose buckets know the third word (hashtable.h). */
static bool is_hash_table(const struct containers *c, const struct block *buckets, uint64_t before_begin)
{
	return buckets->size % 8 == 0 && word_is(c, before_begin - 16, buckets->addr) &&
	       word_is(c, before_begin - 8, buckets->size / 8);
}

static enum ref_kind containers_label_any(void *state, uint32_t holder, uint64_t at, uint32_t to,
					  enum ref_kind kind)
{
	const struct containers *c = state;
	const struct block *b = &c->world->heap->blocks[holder];
	uint64_t value, offset = at - b->addr;

	if (holder == to || !(KINDS_INSIDE >> kind & 1) || !memory_held(c->world->memory, at, &value))
		return kind;
	if (slack_has(c->slack, holder, at))
		return REF_PAYLOAD;
	bool is_back = is_hash_table(c, b, value) || (offset == 8 && is_tree_header(c, b, value)) ||
		       (offset == 16 && is_tree_end(c, b, value)) ||
		       (offset == 0 && word_is(c, value + 8, b->addr) && is_list_header(c, b, value)) ||
		       (offset == 8 && word_is(c, value, b->addr) && is_list_header(c, b, value));
	return is_back ? REF_BORROWED : kind;
}

/* What they are debug information tells. */
static bool containers_classify(void *state, uint32_t block, struct object *o)
{
	(void)state, (void)block, (void)o;
	return false;
}

static void containers_close(void *state)
{
	struct containers *c = state;

	slack_free(c->slack);
	free(c);
}

static int containers_open(void **state, const struct model_world *w)
{
	struct containers *c = vtables_are_there(w->heap) ? calloc(1, sizeof *c) : NULL;

	*state = c;
	if (c)
		*c = (struct containers){ w, slack_new(w) };
	if (c && c->slack)
		return 1;
	free(c);
	return vtables_are_there(w->heap) ? -1 : 0;
}

const struct model model_containers = { .name = "c++ containers",
					.open = containers_open,
					.close = containers_close,
					.classify = containers_classify,
					.label_any = containers_label_any };
