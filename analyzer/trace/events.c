/* events.c: the columns of EVENTS chunks read back into events; encoder.c writes them.
 *
 * Decoding is the analyzer's innermost loop, over bytes that anybody may have written. It may look up to CHUNK_SLACK
 * bytes past a column: behind the payload there are as many zeros, an event takes at most one value of a column, and
 * after each value the column is checked to have stayed within its end. Nobody is given events of a chunk before all of
 * it is decoded. */
#include "base/thread.h"
#include "trace/file.h"
#include "trace/guess.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 8192u /* events whose columns are read together: their 320 KiB stay in a core's own cache */

/* ---- columns ------------------------------------------------------------------------------------------ */

struct column {
	const uint8_t *at, *end;
};

/* A column of pairs: a value, and how many events it holds for. */
struct runs {
	struct cursor column;
	uint64_t value;
	size_t length; /* events that the run under way still holds for */
	size_t left; /* events of the chunk that no run holds yet */
};

/* What calls said of blocks by the way. */
struct claims {
	struct cursor column;
	bool is_ahead; /* the next claim was taken: */
	uint64_t skip; /* events before the one that it is of */
	uint32_t size, align;
};

/* A chunk that is being decoded; `broken` says what was wrong first. */
struct columns {
	struct column tags, stacks, sizes, entries, places, ages, frees;
	struct runs keys, threads;
	struct claims claims;
	unsigned key_shift;
	size_t left; /* events not yet decoded */
	const char *broken;
};

/* What lasts from event to event of a chunk. */
struct decoder {
	struct guess guess;
	uint64_t addrs[LG_EVENTS_PER_CHUNK]; /* of the chunk's allocations, by ordinal */
};

static struct column take_column(struct cursor *c, const char *what)
{
	struct cursor part = take_part(c, what);

	return (struct column){ part.at, part.end };
}

/* Opens a payload that is followed by CHUNK_SLACK zeros. */
static struct columns columns_open(struct decoder *d, const uint8_t *payload, size_t bytes)
{
	struct cursor c = { payload, payload + bytes, NULL };
	struct columns k = { 0 };

	k.left = k.keys.left = k.threads.left = (size_t)take_count(&c, LG_EVENTS_PER_CHUNK, "event count");
	k.key_shift = (unsigned)take_count(&c, 63, "unit of keys");
	k.keys.value = take_varint(&c, "first key");
	guess_begin(&d->guess, (uint32_t)take_count(&c, UINT32_MAX, "highest stack"));
	k.tags = take_column(&c, "tags column");
	k.stacks = take_column(&c, "stacks column");
	k.sizes = take_column(&c, "sizes column");
	k.entries = take_column(&c, "entries column");
	k.places = take_column(&c, "places column");
	k.ages = take_column(&c, "ages column");
	k.frees = take_column(&c, "frees column");
	k.keys.column = take_part(&c, "keys column");
	k.threads.column = take_part(&c, "threads column");
	if (c.at < c.end) /* older ones end here */
		k.claims.column = take_part(&c, "claims column");
	if (!c.broken && (size_t)(k.tags.end - k.tags.at) != k.left)
		c.broken = "tags column of as many bytes as events";
	k.broken = c.broken;
	return k;
}

/* The rare varint of nine or ten bytes, byte by byte. */
static const uint8_t *long_varint(const uint8_t *p, uint64_t *value, bool *bad)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t byte = *p++;
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*bad |= shift == 63 && byte > 1;
			*value = v;
			return p;
		}
	}
	*bad = true;
	*value = 0;
	return p;
}

/* A varint without a branch on its length: eight bytes at once, seven bits of each moved together. */
static inline const uint8_t *fast_varint(const uint8_t *p, uint64_t *value, bool *bad)
{
	uint64_t x;

	memcpy(&x, p, sizeof x);
	uint64_t stop = ~x & 0x8080808080808080;
	if (__builtin_expect(!stop, 0))
		return long_varint(p, value, bad);
	x &= stop ^ (stop - 1);
	x = (x & 0x007f007f007f007f) | (x & 0x7f007f007f007f00) >> 1;
	x = (x & 0x00003fff00003fff) | (x & 0x3fff00003fff0000) >> 2;
	*value = (x & 0x000000000fffffff) | (x & 0x0fffffff00000000) >> 4;
	return p + (__builtin_ctzll(stop) >> 3) + 1;
}

static inline uint64_t unzigzag(uint64_t v)
{
	return (v >> 1) ^ -(v & 1);
}

GUESS uint64_t take_value(struct column *c, bool *bad)
{
	uint64_t v;

	c->at = fast_varint(c->at, &v, bad);
	*bad |= c->at > c->end;
	return v;
}

GUESS unsigned take_entry(struct column *c, bool *bad)
{
	unsigned entry = *c->at++;

	*bad |= c->at > c->end;
	return entry < LG_ENTRY_KINDS ? entry : LG_ENTRY_UNKNOWN;
}

/* ---- beginnings --------------------------------------------------------------------------------------- */

GUESS uint32_t take_stack(struct guess *g, struct lane *lane, struct columns *k, unsigned tag, bool *bad)
{
	unsigned mode = tag >> TAG_STACK_SHIFT & 3;
	uint64_t stack = guess_site(g, lane->stack)->next;

	if (mode == STACK_NEW)
		stack = g->highest + 1;
	else if (mode == STACK_GIVEN)
		stack = take_value(&k->stacks, bad);
	*bad |= (mode >= STACK_MODES) | (stack > UINT32_MAX);
	guess_stack_was(g, lane, (uint32_t)stack);
	return (uint32_t)stack;
}

/* Where a block of this chunk began, by its ordinal. */
GUESS uint64_t addr_of(const struct decoder *d, uint64_t ordinal, bool *bad)
{
	*bad |= ordinal >= d->guess.births;
	return d->addrs[ordinal % LG_EVENTS_PER_CHUNK];
}

GUESS uint64_t take_newest(struct lane *lane, unsigned class)
{
	uint64_t addr = *guess_newest(lane, class);

	guess_pop(lane, class);
	return addr;
}

GUESS uint64_t take_place(struct decoder *d, struct lane *lane, struct columns *k, unsigned mode,
			  uint64_t size, bool *bad)
{
	uint64_t addr = lane->fresh;

	switch (mode) {
	case PLACE_NEWEST:
		return take_newest(lane, guess_class(size));
	case PLACE_STRAY:
		return take_newest(lane, GUESS_STRAYS);
	case PLACE_STEP:
		addr += unzigzag(take_value(&k->places, bad)) * 16;
		/* fallthrough */
	case PLACE_FRESH:
		lane->fresh = addr + guess_chunk_bytes(size);
		return addr;
	case PLACE_AGAIN:
		return addr_of(d, d->guess.births - 1 - take_value(&k->places, bad), bad);
	case PLACE_GIVEN:
		return take_value(&k->places, bad);
	default:
		*bad = true;
		return 0;
	}
}

GUESS void decode_beginning(struct decoder *d, struct lane *lane, struct columns *k, unsigned tag,
			    struct trace_event *out, bool *bad)
{
	struct guess *g = &d->guess;
	uint32_t stack = take_stack(g, lane, k, tag, bad);
	struct site *site = guess_site(g, stack);

	if (tag & TAG_SIZE) {
		site->size = take_value(&k->sizes, bad);
		site->entry = take_entry(&k->entries, bad);
	}
	out->stack = stack;
	out->size = site->size;
	out->aligns = 0;
	out->entry = (uint8_t)site->entry;
	out->type = (tag & 3) == TAG_ALLOC ? LG_EV_ALLOC : LG_EV_RESIZE;
	out->addr = take_place(d, lane, k, tag >> TAG_PLACE_SHIFT, out->size, bad);
	d->addrs[g->births] = out->addr; /* one an event at most, so there is room */
	g->classes[g->births++] = (uint8_t)guess_class(out->size);
}

/* ---- ends --------------------------------------------------------------------------------------------- */

GUESS uint64_t take_ended(struct decoder *d, struct lane *lane, uint64_t ordinal, bool *bad)
{
	struct guess *g = &d->guess;
	uint64_t addr = addr_of(d, ordinal, bad);

	g->ended = (uint32_t)ordinal;
	guess_push(lane, g->classes[ordinal % LG_EVENTS_PER_CHUNK] % GUESS_CLASSES, addr);
	return addr;
}

GUESS uint64_t take_stray(struct lane *lane, uint64_t addr)
{
	guess_push(lane, GUESS_STRAYS, addr);
	return addr;
}

GUESS uint64_t take_end(struct decoder *d, struct lane *lane, struct columns *k, unsigned mode, bool *bad)
{
	const struct guess *g = &d->guess;

	switch (mode) {
	default:
		return take_ended(d, lane, (uint64_t)g->births - 1 - mode, bad);
	case END_AFTER:
		return take_ended(d, lane, (uint64_t)g->ended + 1, bad);
	case END_BEFORE:
		return take_ended(d, lane, (uint64_t)g->ended - 1, bad);
	case END_AGE:
		return take_ended(d, lane, g->births - 1 - take_value(&k->ages, bad), bad);
	case END_STEP:
		return take_stray(lane, g->freed + unzigzag(take_value(&k->frees, bad)) * 16);
	case END_GIVEN:
		return take_stray(lane, take_value(&k->frees, bad));
	}
}

GUESS void decode_ending(struct decoder *d, struct lane *lane, struct columns *k, unsigned tag,
			 struct trace_event *out, bool *bad)
{
	bool is_free = (tag & 3) == TAG_FREE;
	unsigned mode = tag >> TAG_END_SHIFT;

	out->stack = 0;
	out->size = 0;
	out->aligns = 0;
	if (__builtin_expect(mode == END_NONE, 0)) {
		out->type = LG_EV_PAD;
		out->entry = LG_ENTRY_UNKNOWN;
		out->addr = 0;
		return;
	}
	out->type = is_free ? LG_EV_FREE : LG_EV_RELEASE;
	out->entry = is_free ? LG_ENTRY_FREE : LG_ENTRY_REALLOC;
	if (tag & TAG_ENTRY)
		out->entry = (uint8_t)take_entry(&k->entries, bad);
	out->addr = d->guess.freed = take_end(d, lane, k, mode, bad);
}

/* ---- chunks ------------------------------------------------------------------------------------------- */

/* Decodes n events whose threads stand there already. A stack that no node stands for becomes 0 and is counted. */
static size_t decode_rows(struct decoder *d, struct columns *columns, struct trace_event *out, size_t n,
			  uint32_t nnodes)
{
	struct columns k = *columns; /* in registers */
	size_t strays = 0;
	bool bad = false;

	for (size_t i = 0; i < n && !bad; i++) {
		struct trace_event *e = &out[i];
		struct lane *lane = guess_lane(&d->guess, e->thread);
		unsigned tag = k.tags.at[i];

		if (tag & 2)
			decode_ending(d, lane, &k, tag, e, &bad);
		else
			decode_beginning(d, lane, &k, tag, e, &bad);
		if (__builtin_expect(e->stack >= nnodes, 0)) {
			strays += e->stack != 0;
			e->stack = 0;
		}
	}
	k.tags.at += n;
	if (bad)
		k.broken = "sound event within its columns";
	*columns = k;
	return strays;
}

/* The next run of a column; its value is left to the caller. */
static uint64_t next_run(struct runs *r, const char *what)
{
	uint64_t value = take_varint(&r->column, what);

	r->length = (size_t)take_count(&r->column, r->left, what);
	if (!r->length && !r->column.broken)
		r->column.broken = what;
	r->left -= r->length;
	return value;
}

static void decode_keys(struct columns *k, struct trace_event *out, size_t n)
{
	struct runs *r = &k->keys;

	for (size_t i = 0, end; i < n && !k->broken; r->length -= end - i, i = end) {
		if (!r->length)
			r->value += unzigzag(next_run(r, "run of keys"));
		k->broken = r->column.broken;
		end = r->length < n - i ? i + r->length : n;
		for (size_t at = i; at < end; at++)
			out[at].key = r->value << k->key_shift;
	}
}

static void decode_threads(struct columns *k, struct trace_event *out, size_t n)
{
	struct runs *r = &k->threads;

	for (size_t i = 0, end; i < n && !k->broken; r->length -= end - i, i = end) {
		if (!r->length)
			r->value = next_run(r, "thread's run of events");
		k->broken = r->value > UINT32_MAX ? "thread number" : r->column.broken;
		end = r->length < n - i ? i + r->length : n;
		for (size_t at = i; at < end; at++)
			out[at].thread = (uint32_t)r->value;
	}
}

static void take_claim(struct claims *c)
{
	uint64_t head = take_varint(&c->column, "claim");

	c->skip = head >> 1;
	if (!(head & 1)) {
		c->size = (uint32_t)take_count(&c->column, UINT32_MAX, "claimed size");
		c->align = (uint32_t)take_count(&c->column, 15, "claimed alignment");
	}
	c->is_ahead = true;
}

static void decode_claims(struct columns *k, struct trace_event *out, size_t n)
{
	struct claims *c = &k->claims;

	for (size_t i = 0; i < n && !k->broken; i++) {
		if (!c->is_ahead && c->column.at == c->column.end)
			return;
		if (!c->is_ahead)
			take_claim(c);
		k->broken = c->column.broken;
		if (c->skip >= n - i) {
			c->skip -= n - i;
			return;
		}
		i += c->skip;
		out[i].aligns = (uint16_t)c->align;
		if (out[i].type == LG_EV_FREE || out[i].type == LG_EV_RELEASE)
			out[i].size = c->size;
		c->is_ahead = false;
	}
}

static bool column_is_left(const struct column *c)
{
	return c->at != c->end;
}

static void check_all_used(struct columns *k)
{
	bool left = column_is_left(&k->stacks) || column_is_left(&k->sizes) || column_is_left(&k->entries) ||
		    column_is_left(&k->places) || column_is_left(&k->ages) || column_is_left(&k->frees) ||
		    k->keys.column.at != k->keys.column.end ||
		    k->threads.column.at != k->threads.column.end || k->claims.is_ahead ||
		    k->claims.column.at != k->claims.column.end;

	if (!k->broken && left)
		k->broken = "end of a column where it should be";
}

/* Decodes the next batch into `out`, at most BATCH events, and returns how many; 0 at the end or when broken. */
static size_t columns_take(struct decoder *d, struct columns *k, struct trace_event *out, uint32_t nnodes,
			   size_t *strays)
{
	size_t n = k->left < BATCH ? k->left : BATCH;

	decode_keys(k, out, n);
	decode_threads(k, out, n);
	if (!k->broken)
		*strays += decode_rows(d, k, out, n, nnodes);
	decode_claims(k, out, n);
	k->left -= n;
	if (!k->left)
		check_all_used(k);
	return k->broken ? 0 : n;
}

/* ---- over the file ------------------------------------------------------------------------------------ */

#define ROOM 2u /* chunks that are decoded before they are taken */

struct decoded {
	uint64_t at, sequence; /* of the chunk */
	struct trace_event *events; /* LG_EVENTS_PER_CHUNK of them, owned */
	size_t n;
	size_t strays; /* stacks that no node stands for */
	const char *broken; /* what was wrong; its events do not count */
};

/* One pass over the event chunks. A thread decodes ahead of who takes them; without one, who takes them decodes. */
struct pass {
	const struct trace *trace;
	size_t nchunks;
	struct chunk_source source;
	struct decoder *decoder; /* owned */
	struct decoded chunks[ROOM]; /* chunk i in i % ROOM */
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t changed;
	size_t decoded, taken; /* taken <= decoded <= taken + ROOM */
	bool is_over; /* nobody takes more */
};

static struct columns read_chunk(struct pass *p, struct decoded *d)
{
	struct chunk c = { 0 };
	bool is_read = chunk_read(&p->source, d->at, &c);

	d->sequence = c.head.sequence;
	if (!is_read)
		return (struct columns){ .broken = "bytes that were there when it was opened" };
	const uint8_t *payload = chunk_payload(&p->source, &c);
	return payload ? columns_open(p->decoder, payload, c.head.raw_bytes)
		       : (struct columns){ .broken = "way to decompress it" };
}

static void decode_chunk(struct pass *p, size_t i)
{
	struct decoded *d = &p->chunks[i % ROOM];

	d->at = p->trace->file->event_chunks[i];
	d->n = d->strays = 0;
	struct columns k = read_chunk(p, d);
	while (!k.broken && k.left)
		d->n += columns_take(p->decoder, &k, d->events + d->n, p->trace->nnodes, &d->strays);
	check_all_used(&k);
	d->broken = k.broken;
}

static bool wait_for_room(struct pass *p)
{
	pthread_mutex_lock(&p->lock);
	while (!p->is_over && p->decoded == p->taken + ROOM)
		pthread_cond_wait(&p->changed, &p->lock);
	bool is_over = p->is_over;
	pthread_mutex_unlock(&p->lock);
	return !is_over;
}

static void step(struct pass *p, size_t *count)
{
	pthread_mutex_lock(&p->lock);
	++*count;
	pthread_cond_signal(&p->changed);
	pthread_mutex_unlock(&p->lock);
}

static void *decode_ahead(void *context)
{
	struct pass *p = context;

	for (size_t i = 0; i < p->nchunks && wait_for_room(p); i++) {
		decode_chunk(p, i);
		step(p, &p->decoded);
	}
	return NULL;
}

static int pass_open(struct pass *p, const struct trace *t, struct err *err)
{
	bool has_memory = true;

	*p = (struct pass){ .trace = t, .nchunks = t->file->nevent_chunks };
	chunk_source_open(&p->source, t->file->fd, t->file->size_bytes);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->changed, NULL);
	p->decoder = calloc(1, sizeof *p->decoder);
	for (unsigned i = 0; i < ROOM; i++) {
		p->chunks[i].events = malloc(LG_EVENTS_PER_CHUNK * sizeof *p->chunks[i].events);
		has_memory &= p->chunks[i].events != NULL;
	}
	if (!p->decoder || !has_memory)
		return fail(err, "%s: out of memory", t->path);
	p->has_thread = p->nchunks > 1 && thread_begin(&p->thread, decode_ahead, p);
	return 0;
}

static void pass_close(struct pass *p)
{
	pthread_mutex_lock(&p->lock);
	p->is_over = true;
	pthread_cond_signal(&p->changed);
	pthread_mutex_unlock(&p->lock);
	if (p->has_thread)
		pthread_join(p->thread, NULL);
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
	chunk_source_close(&p->source);
	free(p->decoder);
	for (unsigned i = 0; i < ROOM; i++)
		free(p->chunks[i].events);
}

/* The next chunk, until it is given back by pass_took(); NULL: there is none. */
static const struct decoded *pass_next(struct pass *p)
{
	size_t i = p->taken;

	if (i == p->nchunks)
		return NULL;
	if (!p->has_thread)
		decode_chunk(p, i);
	pthread_mutex_lock(&p->lock);
	while (p->has_thread && p->decoded == i)
		pthread_cond_wait(&p->changed, &p->lock);
	pthread_mutex_unlock(&p->lock);
	return &p->chunks[i % ROOM];
}

static void pass_took(struct pass *p)
{
	step(p, &p->taken);
}

/* The thread, if there is one, reads chunks behind those that were taken. */
static int seal_chunks(struct trace *t, struct pass *p, trace_batch *each, void *context)
{
	struct trace_file *f = t->file;
	size_t kept = 0, strays = 0;
	int answer = 0;

	for (const struct decoded *d; (d = pass_next(p)); pass_took(p)) {
		strays += d->strays;
		if (d->broken) {
			trace_note(t, "chunk %" PRIu64 " at byte %" PRIu64 ": no %s", d->sequence, d->at,
				   d->broken);
			continue;
		}
		f->event_chunks[kept++] = d->at;
		t->nevents += d->n;
		if (each && d->n && !answer)
			answer = each(context, d->events, d->n);
	}
	f->nevent_chunks = kept;
	if (strays)
		trace_note(t, "%zu events have stacks that the trace does not hold", strays);
	return answer;
}

int events_seal(struct trace *t, trace_batch *each, void *context, struct err *err)
{
	struct pass p;
	int answer = pass_open(&p, t, err);

	if (!answer)
		answer = seal_chunks(t, &p, each, context);
	pass_close(&p);
	return answer;
}

static int take_chunks(struct pass *p, trace_batch *each, void *context, struct err *err)
{
	int answer = 0;

	for (const struct decoded *d; !answer && (d = pass_next(p)); pass_took(p)) {
		if (d->broken)
			return fail(
			    err, "%s: chunk at byte %" PRIu64 ": no %s; the file changed while it was read",
			    p->trace->path, d->at, d->broken);
		answer = d->n ? each(context, d->events, d->n) : 0;
	}
	return answer;
}

int trace_events(const struct trace *t, trace_batch *each, void *context, struct err *err)
{
	struct pass p;
	int answer = pass_open(&p, t, err);

	if (!answer)
		answer = take_chunks(&p, each, context, err);
	pass_close(&p);
	return answer;
}
