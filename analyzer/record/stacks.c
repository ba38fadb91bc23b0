/* stacks.c: see stacks.h. The node table is the target's memory: ids are masked, and paths are bounded. */
#include "record/stacks.h"

#include "record/interleave.h"

#include <stdlib.h>
#include <string.h>

#define PATH_MAX_NODES (2 * LG_MAX_FRAMES) /* reused and fresh frames of the shim's longest walk */

void stacks_init(struct stacks *s, const struct lg_area *area)
{
	*s = (struct stacks){ .area = area };
}

void stacks_free(struct stacks *s)
{
	free(s->numbers);
	free(s->fresh);
	free(s->woven);
	free(s->told);
	memset(s, 0, sizeof *s);
}

static uint64_t node_word(const struct stacks *s, uint32_t node)
{
	const _Atomic uint64_t *nodes = (const void *)((const char *)s->area + LG_OFF_NODES);

	return atomic_load_explicit(&nodes[node], memory_order_acquire);
}

static uint64_t frame_of(const struct stacks *s, uint64_t word)
{
	const _Atomic uint64_t *frames = (const void *)((const char *)s->area + LG_OFF_FRAMES);

	return atomic_load_explicit(&frames[(word >> LG_NODE_CODE_SHIFT) % LG_CODES], memory_order_relaxed);
}

bool stacks_node(const struct stacks *s, uint32_t id, struct trace_node *node)
{
	uint64_t word = node_word(s, id % LG_NODES);

	*node = (struct trace_node){ .parent = (uint32_t)(word & LG_NODE_PARENT_MASK),
				     .frame = frame_of(s, word) };
	return word != 0;
}

static bool reserve(struct stacks *s, size_t more)
{
	size_t room = s->room ? s->room : 1024;

	while (room - s->nfresh < more)
		room *= 2;
	if (room == s->room)
		return true;
	struct trace_node *fresh = realloc(s->fresh, room * sizeof *fresh);
	if (!fresh)
		return false;
	s->fresh = fresh;
	s->room = room;
	return true;
}

/* Room for the number of a node, and so for those of all before it: a node's parents are older. */
static bool reach(struct stacks *s, uint32_t node)
{
	uint32_t room = s->nnumbers ? s->nnumbers : 4096;

	while (room <= node)
		room *= 2;
	uint32_t *numbers = realloc(s->numbers, room * sizeof *numbers);
	if (!numbers)
		return false;
	memset(numbers + s->nnumbers, 0, (room - s->nnumbers) * sizeof *numbers);
	s->numbers = numbers;
	s->nnumbers = room;
	return true;
}

static void add(struct stacks *s, uint32_t node, uint64_t word)
{
	uint32_t parent = s->numbers[word & LG_NODE_PARENT_MASK];

	s->fresh[s->nfresh++] = (struct trace_node){ .parent = parent, .frame = frame_of(s, word) };
	s->numbers[node] = ++s->count;
}

/* The nodes to the first that has its number; they get theirs. */
static uint32_t number_path(struct stacks *s, uint32_t node)
{
	uint32_t path[PATH_MAX_NODES], n = 0;
	uint64_t words[PATH_MAX_NODES];

	for (uint32_t at = node, parent; at && !s->numbers[at]; at = parent) {
		if (n == PATH_MAX_NODES || !(words[n] = node_word(s, at)))
			return 0;
		parent = (uint32_t)(words[n] & LG_NODE_PARENT_MASK);
		if (parent >= at)
			return 0; /* parents are older */
		path[n++] = at;
	}
	if (!reserve(s, n)) {
		s->out_of_memory = true;
		return 0;
	}
	while (n-- > 0)
		add(s, path[n], words[n]);
	return s->count;
}

/* ---- stacks of both kinds ------------------------------------------------------------------------------ */

#define WOVEN_MIN 1024u

static uint32_t woven_place(const struct stacks *s, uint64_t frame, uint32_t parent)
{
	uint32_t mask = s->woven_places - 1;
	uint32_t at = (uint32_t)(((frame ^ (uint64_t)parent << 32) * 0x9e3779b97f4a7c15ULL) >> 32) & mask;

	while (s->woven[at].number && (s->woven[at].frame != frame || s->woven[at].parent != parent))
		at = (at + 1) & mask;
	return at;
}

/* Keeps the table at most half full. */
static bool woven_reserve(struct stacks *s)
{
	struct stacks grown = *s;

	if (s->nwoven * 2 < s->woven_places)
		return true;
	grown.woven_places = s->woven_places ? s->woven_places * 2 : WOVEN_MIN;
	grown.woven = calloc(grown.woven_places, sizeof *grown.woven);
	if (!grown.woven)
		return false;
	for (uint32_t i = 0; i < s->woven_places; i++)
		if (s->woven[i].number)
			grown.woven[woven_place(&grown, s->woven[i].frame, s->woven[i].parent)] = s->woven[i];
	free(s->woven);
	*s = grown;
	return true;
}

/* The number of a frame on top of `parent`; 0: no memory. */
static uint32_t weave_one(struct stacks *s, uint64_t frame, uint32_t parent)
{
	if (!woven_reserve(s) || !reserve(s, 1)) {
		s->out_of_memory = true;
		return 0;
	}
	struct woven *w = &s->woven[woven_place(s, frame, parent)];
	if (!w->number) {
		*w = (struct woven){ .frame = frame, .parent = parent, .number = ++s->count };
		s->nwoven++;
		s->fresh[s->nfresh++] = (struct trace_node){ .parent = parent, .frame = frame };
	}
	return w->number;
}

/* The frames of a stack of one kind, innermost first; an entry of the interpreter is INTERLEAVE_ENTRY. */
static size_t gather(const struct stacks *s, uint32_t node, uint64_t frames[PATH_MAX_NODES])
{
	size_t n = 0;

	while (node && n < PATH_MAX_NODES) {
		uint64_t word = node_word(s, node);
		uint32_t code = (word >> LG_NODE_CODE_SHIFT) % LG_CODES;

		frames[n++] = code == LG_CODE_PYTHON_ENTRY ? INTERLEAVE_ENTRY : frame_of(s, word);
		if ((word & LG_NODE_PARENT_MASK) >= node)
			break; /* parents are older */
		node = (uint32_t)(word & LG_NODE_PARENT_MASK);
	}
	return n;
}

static uint32_t number_joint(struct stacks *s, uint32_t node, uint64_t word)
{
	uint64_t machine[PATH_MAX_NODES], python[PATH_MAX_NODES], frames[2 * PATH_MAX_NODES + 1];
	size_t nmachine = gather(s, word & LG_NODE_PARENT_MASK, machine);
	size_t npython = gather(s, (word >> LG_NODE_PYTHON_SHIFT) % LG_NODES, python);
	size_t n = interleave((struct frames){ machine, nmachine }, (struct frames){ python, npython },
			      atomic_load(&s->area->python_start), atomic_load(&s->area->python_end), frames);
	uint32_t number = 0;

	while (n-- > 0)
		if (!(number = weave_one(s, frames[n], number)))
			return 0;
	return s->numbers[node] = number;
}

uint32_t stacks_number_new(struct stacks *s, uint32_t node)
{
	if (node >= LG_NODES)
		return 0;
	if (node >= s->nnumbers && !reach(s, node)) {
		s->out_of_memory = true;
		return 0;
	}
	uint64_t word = node_word(s, node);
	bool is_joint = (word >> LG_NODE_CODE_SHIFT) % LG_CODES == LG_CODE_JOINT;
	return is_joint ? number_joint(s, node, word) : number_path(s, node);
}

static void copy_text(char *to, const char *from, size_t n)
{
	memcpy(to, from, n);
	to[n] = 0;
}

bool stacks_new_code(struct stacks *s, uint64_t frame, struct trace_python_code *code)
{
	const char *text = (const char *)s->area + LG_OFF_PYTHON;
	uint64_t id = lg_python_code_of(frame), at = id * LG_PYTHON_UNIT;
	struct lg_python_code head;

	if (frame >> LG_FRAME_MODULE_SHIFT != LG_FRAME_PYTHON || at > LG_PYTHON_TEXT_BYTES - sizeof head)
		return false;
	if (!s->told && !(s->told = calloc(LG_PYTHON_CODES / 8, 1))) {
		s->out_of_memory = true;
		return false;
	}
	memcpy(&head, text + at, sizeof head);
	at += offsetof(struct lg_python_code, text);
	if (s->told[id / 8] >> id % 8 & 1 || head.file_bytes > LG_PYTHON_STRING_MAX ||
	    head.name_bytes > LG_PYTHON_STRING_MAX ||
	    at + head.file_bytes + head.name_bytes > LG_PYTHON_TEXT_BYTES)
		return false;
	s->told[id / 8] |= (uint8_t)(1u << id % 8);
	code->id = (uint32_t)id;
	copy_text(code->file, text + at, head.file_bytes);
	copy_text(code->name, text + at + head.file_bytes, head.name_bytes);
	return true;
}
