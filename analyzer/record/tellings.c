/* tellings.c: see tellings.h. Names lie in the segment, where the program may write at any time: they are copied first. */
#include "record/tellings.h"

#include <stdlib.h>
#include <string.h>

#define STEP 256u
#define PER_CHUNK 16384u

/* Room for one more past n items, which grow by steps. */
static bool has_room(struct tellings *t, void *array_pointer, size_t n, size_t item_bytes)
{
	void *items;

	memcpy(&items, array_pointer, sizeof items);
	if (n % STEP == 0)
		items = realloc(items, (n + STEP) * item_bytes);
	if (items)
		memcpy(array_pointer, &items, sizeof items);
	t->out_of_memory |= !items;
	return items;
}

static char *copy_name(struct tellings *t, const struct lg_area *area, uint64_t number)
{
	char *name = calloc(1, LG_NAME_BYTES);

	t->out_of_memory |= !name;
	if (name && number < LG_NAMES)
		memcpy(name, area->names[number].text, LG_NAME_BYTES - 1);
	return name;
}

static void take_mark(struct tellings *t, const struct trace_event *e, uint64_t number, char *name)
{
	if (!name || !has_room(t, &t->marks, t->nmarks, sizeof *t->marks)) {
		free(name);
		return;
	}
	t->marks[t->nmarks++] =
	    (struct trace_mark){ .events = number, .key = e->key, .thread = e->thread, .name = name };
}

static void take_told(struct tellings *t, const struct trace_event *e, uint64_t number, char *name,
		      uint32_t stack)
{
	if (!name || !has_room(t, &t->told, t->ntold, sizeof *t->told)) {
		free(name);
		return;
	}
	t->told[t->ntold++] = (struct trace_told){ .events = number,
						   .key = e->key,
						   .thread = e->thread,
						   .what = e->entry,
						   .stack = stack,
						   .addr = e->addr,
						   .bytes = e->size,
						   .name = name };
}

size_t tellings_take(struct tellings *t, const struct lg_area *area, struct stacks *stacks,
		     struct trace_event *events, size_t n, uint64_t number)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		const struct trace_event *e = &events[i];

		if (e->type == LG_EV_MARK)
			take_mark(t, e, number + kept, copy_name(t, area, e->addr));
		else if (e->type == LG_EV_TOLD)
			take_told(t, e, number + kept, copy_name(t, area, e->aligns),
				  stacks_number(stacks, e->stack));
		else if (kept++ < i)
			events[kept - 1] = *e;
	}
	return kept;
}

static size_t next_chunk(size_t at, size_t n)
{
	return n - at < PER_CHUNK ? n - at : PER_CHUNK;
}

size_t tellings_put_marks(const struct tellings *t, size_t at, struct buf *out)
{
	size_t n = next_chunk(at, t->nmarks);

	buf_clear(out);
	put_marks(out, t->marks + at, n);
	return n;
}

size_t tellings_put_told(const struct tellings *t, size_t at, struct buf *out)
{
	size_t n = next_chunk(at, t->ntold);

	buf_clear(out);
	put_told(out, t->told + at, n);
	return n;
}

void tellings_clear(struct tellings *t)
{
	for (size_t i = 0; i < t->nmarks; i++)
		free(t->marks[i].name);
	for (size_t i = 0; i < t->ntold; i++)
		free(t->told[i].name);
	free(t->marks);
	free(t->told);
	*t = (struct tellings){ 0 };
}
