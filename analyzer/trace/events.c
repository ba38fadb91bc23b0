/* events.c: the six columns of an EVENTS chunk, written and read back.
 *
 * Decoding is the analyzer's innermost loop. It reads all columns side by side, one event at a time, and may look
 * up to CHUNK_SLACK bytes past a column: behind the payload there are as many zeros, and after every event all
 * columns are checked to have stayed within their ends. */
#include "trace/file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 8192u /* events handed over at once: their 320 KiB stay in a core's own cache */

/* ---- writing ------------------------------------------------------------------------------------------ */

static bool has_stack(uint8_t type)
{
	return type == LG_EV_ALLOC || type == LG_EV_RESIZE;
}

/* Events come from memory that the target could have scribbled on: what has no type is no event. */
static uint8_t kind_of(const struct trace_event *e)
{
	unsigned type = e->type >= LG_EV_ALLOC && e->type <= LG_EV_PAD ? e->type : LG_EV_PAD;
	unsigned entry = e->entry < 32 ? e->entry : LG_ENTRY_UNKNOWN;

	return (uint8_t)(type | entry << 3);
}

static void encode_kinds(struct buf *b, const struct trace_event *events, size_t n)
{
	if (!buf_reserve(b, n))
		return;
	for (size_t i = 0; i < n; i++)
		b->bytes[b->used++] = kind_of(&events[i]);
}

static void encode_threads(struct buf *b, const struct trace_event *events, size_t n)
{
	for (size_t i = 0, run; i < n; i += run) {
		for (run = 1; i + run < n && events[i + run].thread == events[i].thread;)
			run++;
		buf_varint(b, events[i].thread);
		buf_varint(b, run);
	}
}

static void encode_keys(struct buf *b, const struct trace_event *events, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_zigzag(b, (int64_t)(events[i].key - events[i ? i - 1 : 0].key));
}

static void encode_addrs(struct buf *b, const struct trace_event *events, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_zigzag(b, (int64_t)(events[i].addr - (i ? events[i - 1].addr : 0)));
}

static void encode_sizes(struct buf *b, const struct trace_event *events, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (has_stack(events[i].type))
			buf_varint(b, events[i].size);
}

static void encode_stacks(struct buf *b, const struct trace_event *events, size_t n)
{
	int64_t before = 0;

	for (size_t i = 0; i < n; i++)
		if (has_stack(events[i].type)) {
			buf_zigzag(b, events[i].stack - before);
			before = events[i].stack;
		}
}

void put_events(struct buf *out, const struct trace_event *events, size_t n)
{
	static void (*const columns[])(struct buf *, const struct trace_event *, size_t) = {
		encode_kinds, encode_threads, encode_keys, encode_addrs, encode_sizes, encode_stacks,
	};
	struct buf column = { 0 };

	buf_varint(out, n);
	buf_varint(out, n ? events[0].key : 0);
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
		buf_clear(&column);
		columns[i](&column, events, n);
		buf_blob(out, column.bytes, column.used);
		out->failed |= column.failed;
	}
	buf_free(&column);
}

/* ---- reading ------------------------------------------------------------------------------------------ */

/* A chunk that is being decoded. Each column is read up to its own end; `broken` says what was wrong first. */
struct columns {
	const uint8_t *kinds, *keys, *addrs, *sizes, *stacks;
	const uint8_t *keys_end, *addrs_end, *sizes_end, *stacks_end;
	struct cursor threads;
	size_t left; /* events not yet decoded */
	size_t run; /* of these, how many are still of `thread` */
	uint64_t key, addr, stack; /* of the event before */
	uint32_t thread;
	const char *broken;
};

/* Opens a payload that is followed by CHUNK_SLACK zeros. */
static struct columns columns_open(const uint8_t *payload, size_t bytes)
{
	struct cursor c = { payload, payload + bytes, NULL };
	struct columns k = { 0 };

	k.left = (size_t)take_count(&c, LG_EVENTS_PER_CHUNK, "event count");
	k.key = take_varint(&c, "first key");
	struct cursor kinds = take_part(&c, "kinds column");
	k.threads = take_part(&c, "threads column");
	struct cursor keys = take_part(&c, "keys column");
	struct cursor addrs = take_part(&c, "addrs column");
	struct cursor sizes = take_part(&c, "sizes column");
	struct cursor stacks = take_part(&c, "stacks column");
	if (!c.broken && (size_t)(kinds.end - kinds.at) != k.left)
		c.broken = "kinds column of as many bytes as events";
	k.kinds = kinds.at;
	k.keys = keys.at, k.keys_end = keys.end;
	k.addrs = addrs.at, k.addrs_end = addrs.end;
	k.sizes = sizes.at, k.sizes_end = sizes.end;
	k.stacks = stacks.at, k.stacks_end = stacks.end;
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

static inline bool columns_overrun(const struct columns *k)
{
	return (k->keys > k->keys_end) | (k->addrs > k->addrs_end) | (k->sizes > k->sizes_end) |
	       (k->stacks > k->stacks_end);
}

/* Takes size and stack where an event has them. Allocations and frees alternate as no processor can foresee, so
 * both are read always and dropped without a branch. */
static inline void decode_size_and_stack(struct columns *k, struct trace_event *e, unsigned type, bool *bad)
{
	uint64_t has = -(uint64_t)((1u << LG_EV_ALLOC | 1u << LG_EV_RESIZE) >> type & 1);
	uint64_t size, step;
	bool is_bad = false;

	const uint8_t *sizes = fast_varint(k->sizes, &size, &is_bad);
	const uint8_t *stacks = fast_varint(k->stacks, &step, &is_bad);
	k->sizes += (uint64_t)(sizes - k->sizes) & has;
	k->stacks += (uint64_t)(stacks - k->stacks) & has;
	k->stack += unzigzag(step) & has;
	e->size = size & has;
	e->stack = (uint32_t)(k->stack & has);
	*bad |= is_bad & (has != 0);
}

/* Decodes n events but for their threads. A stack that no node stands for becomes 0 and is counted. */
static size_t decode_rows(struct columns *columns, struct trace_event *out, size_t n, uint32_t nnodes)
{
	struct columns k = *columns; /* in registers */
	size_t strays = 0;
	bool bad = false;

	for (size_t i = 0; i < n; i++) {
		struct trace_event *e = &out[i]; /* field by field: a copied struct stalls on its parts */
		unsigned type = k.kinds[i] & 7, entry = k.kinds[i] >> 3;
		uint64_t v;

		k.keys = fast_varint(k.keys, &v, &bad);
		e->key = k.key += unzigzag(v);
		k.addrs = fast_varint(k.addrs, &v, &bad);
		e->addr = k.addr += unzigzag(v);
		decode_size_and_stack(&k, e, type, &bad);
		if (__builtin_expect(k.stack >= nnodes, 0)) {
			strays += e->stack != 0;
			e->stack = 0;
		}
		e->type = (uint8_t)type;
		e->entry = (uint8_t)(entry <= LG_ENTRY_FREE_ALIGNED_SIZED ? entry : LG_ENTRY_UNKNOWN);
		bad |= (type < LG_EV_ALLOC) | (type > LG_EV_PAD) | columns_overrun(&k);
		if (bad) {
			k.broken = "sound event within its columns";
			break;
		}
	}
	k.kinds += n;
	*columns = k;
	return strays;
}

static void next_run(struct columns *k)
{
	k->thread = (uint32_t)take_count(&k->threads, UINT32_MAX, "thread number");
	k->run = (size_t)take_count(&k->threads, k->left, "thread's run of events");
	if (!k->run && !k->threads.broken)
		k->threads.broken = "thread's run of events";
	k->broken = k->threads.broken;
}

/* Counts the n events off `left`, since a run may be as long as what is left. */
static void decode_threads(struct columns *k, struct trace_event *out, size_t n)
{
	for (size_t i = 0; i < n && !k->broken;) {
		if (!k->run)
			next_run(k);
		size_t end = k->run < n - i ? i + k->run : n;
		k->run -= end - i;
		k->left -= end - i;
		for (; i < end; i++)
			out[i].thread = k->thread;
	}
}

static void check_all_used(struct columns *k)
{
	if (!k->broken && (k->keys != k->keys_end || k->addrs != k->addrs_end || k->sizes != k->sizes_end ||
			   k->stacks != k->stacks_end || k->threads.at != k->threads.end))
		k->broken = "end of a column where it should be";
}

/* Decodes the next batch into `out`, at most BATCH events, and returns how many; 0 at the end or when broken. */
static size_t columns_take(struct columns *k, struct trace_event *out, uint32_t nnodes, size_t *strays)
{
	size_t n = k->left < BATCH ? k->left : BATCH;

	if (!k->broken)
		*strays += decode_rows(k, out, n, nnodes);
	decode_threads(k, out, n);
	if (!k->left)
		check_all_used(k);
	return k->broken ? 0 : n;
}

/* ---- over the file ------------------------------------------------------------------------------------ */

/* What one pass over the event chunks needs. */
struct pass {
	struct chunk_source source;
	struct trace_event *batch; /* BATCH of them, owned */
	size_t strays; /* stacks that no node stands for */
};

static int pass_open(struct pass *p, const struct trace *t, struct err *err)
{
	chunk_source_open(&p->source, t->file->fd, t->file->size_bytes);
	p->strays = 0;
	p->batch = calloc(BATCH, sizeof *p->batch);
	return p->batch ? 0 : fail(err, "%s: out of memory", t->path);
}

static void pass_close(struct pass *p)
{
	chunk_source_close(&p->source);
	free(p->batch);
}

static struct columns pass_chunk(struct pass *p, uint64_t at, struct chunk *c)
{
	if (!chunk_read(&p->source, at, c))
		return (struct columns){ .broken = "bytes that were there when it was opened" };
	const uint8_t *payload = chunk_payload(&p->source, c);
	return payload ? columns_open(payload, c->head.raw_bytes)
		       : (struct columns){ .broken = "way to decompress it" };
}

/* True when the whole chunk decodes; then its events are counted. */
static bool check_chunk(struct trace *t, struct pass *p, uint64_t at)
{
	struct chunk c = { 0 };
	struct columns k = pass_chunk(p, at, &c);
	uint64_t total = k.left;

	while (!k.broken && k.left)
		columns_take(&k, p->batch, t->nnodes, &p->strays);
	check_all_used(&k);
	if (!k.broken)
		t->nevents += total;
	else
		trace_note(t, "chunk %" PRIu64 " at byte %" PRIu64 ": no %s", c.head.sequence, at, k.broken);
	return !k.broken;
}

int events_seal(struct trace *t, struct err *err)
{
	struct trace_file *f = t->file;
	size_t kept = 0;
	struct pass p;

	if (pass_open(&p, t, err) < 0) {
		pass_close(&p);
		return -1;
	}
	for (size_t i = 0; i < f->nevent_chunks; i++)
		if (check_chunk(t, &p, f->event_chunks[i]))
			f->event_chunks[kept++] = f->event_chunks[i];
	f->nevent_chunks = kept;
	if (p.strays)
		trace_note(t, "%zu events have stacks that the trace does not hold", p.strays);
	pass_close(&p);
	return 0;
}

static int stream_chunk(const struct trace *t, struct pass *p, uint64_t at, trace_batch *each, void *context,
			struct err *err)
{
	struct chunk c = { 0 };
	struct columns k = pass_chunk(p, at, &c);

	while (!k.broken && k.left) {
		size_t n = columns_take(&k, p->batch, t->nnodes, &p->strays);
		int answer = n ? each(context, p->batch, n) : 0;
		if (answer)
			return answer;
	}
	if (k.broken)
		return fail(err, "%s: chunk at byte %" PRIu64 ": no %s; the file changed while it was read",
			    t->path, at, k.broken);
	return 0;
}

int trace_events(const struct trace *t, trace_batch *each, void *context, struct err *err)
{
	struct pass p;
	int answer = pass_open(&p, t, err);

	for (size_t i = 0; !answer && i < t->file->nevent_chunks; i++)
		answer = stream_chunk(t, &p, t->file->event_chunks[i], each, context, err);
	pass_close(&p);
	return answer;
}
