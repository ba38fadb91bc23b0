/* tellings.c: see tellings.h. Names lie in the segment, where the program may write at any time: they are copied first. */
#include "record/tellings.h"

#include <stdlib.h>
#include <string.h>

#define TOLD_STEP 256u
#define TOLD_PER_CHUNK 16384u

static void copy_name(char to[LG_NAME_BYTES], const struct image *i, uint64_t number)
{
	to[0] = 0;
	if (number < LG_NAMES)
		memcpy(to, i->area->names[number].text, LG_NAME_BYTES);
	to[LG_NAME_BYTES - 1] = 0;
}

static void write_mark(struct image *i, const struct trace_event *e, uint64_t number)
{
	char name[LG_NAME_BYTES];
	struct trace_mark mark = { .events = number, .key = e->key, .thread = e->thread, .name = name };
	struct buf out = { 0 };

	copy_name(name, i, e->addr);
	put_marks(&out, &mark, 1);
	image_put(i, LG_CHUNK_MARKS, &out);
	buf_free(&out);
}

/* What cannot be kept for want of memory may have kept a leak from being told. */
static void keep_told(struct image *i, const struct trace_event *e, uint64_t number)
{
	struct trace_told *more = i->told;
	char name[LG_NAME_BYTES];

	if (i->ntold % TOLD_STEP == 0)
		more = realloc(more, (i->ntold + TOLD_STEP) * sizeof *more);
	copy_name(name, i, e->aligns);
	char *kept = strdup(name);
	i->told = more ? more : i->told;
	if (!more || !kept) {
		free(kept);
		i->drain.out_of_memory = true;
		return;
	}
	i->told[i->ntold++] = (struct trace_told){ .events = number,
						   .key = e->key,
						   .thread = e->thread,
						   .what = e->entry,
						   .stack = stacks_number(&i->stacks, e->stack),
						   .addr = e->addr,
						   .bytes = e->size,
						   .name = kept };
}

size_t tellings_take(struct image *i, struct trace_event *events, size_t n, uint64_t number)
{
	size_t kept = 0;

	for (size_t e = 0; e < n; e++)
		if (events[e].type == LG_EV_MARK)
			write_mark(i, &events[e], number + kept);
		else if (events[e].type == LG_EV_TOLD)
			keep_told(i, &events[e], number + kept);
		else if (kept++ < e)
			events[kept - 1] = events[e];
	return kept;
}

void tellings_write(struct image *i)
{
	struct buf out = { 0 };

	for (size_t at = 0; at < i->ntold; at += TOLD_PER_CHUNK) {
		size_t left = i->ntold - at;

		buf_clear(&out);
		put_told(&out, i->told + at, left < TOLD_PER_CHUNK ? left : TOLD_PER_CHUNK);
		image_put(i, LG_CHUNK_TOLD, &out);
	}
	buf_free(&out);
	tellings_free(i);
}

void tellings_free(struct image *i)
{
	for (size_t n = 0; n < i->ntold; n++)
		free(i->told[n].name);
	free(i->told);
	i->told = NULL;
	i->ntold = 0;
}
