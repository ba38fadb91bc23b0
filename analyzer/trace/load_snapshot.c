/* load_snapshot.c: the decoders of a snapshot's chunks; see load.c. A part belongs to the snapshot that began last. */
#include "trace/file.h"

#include <stdlib.h>

void load_snapshot(struct trace *t, struct cursor *c)
{
	struct trace_snapshot s = { 0 };

	s.id = take_varint(c, "snapshot number");
	s.key = take_varint(c, "snapshot key");
	s.reason = take_varint(c, "snapshot reason");
	s.method = take_varint(c, "snapshot method");
	s.events = take_varint(c, "snapshot event count");
	t->file->in_snapshot = false;
	if (c->broken || !array_grow(t, &t->snapshots, t->nsnapshots, 1, sizeof s))
		return;
	t->snapshots[t->nsnapshots++] = s;
	t->file->in_snapshot = true;
	t->file->snapshot_hurt = false;
	t->file->memory_room = t->file->kept_room = 0;
}

/* The snapshot that a part belongs to: the one begun last. */
static struct trace_snapshot *snapshot_of(struct trace *t, struct cursor *c)
{
	refuse(c, !t->file->in_snapshot, "snapshot that this part belongs to");
	return c->broken ? NULL : &t->snapshots[t->nsnapshots - 1];
}

static void take_registers(struct trace *t, struct cursor *c, struct trace_thread *thread)
{
	size_t nregs = take_items(c, 1, "register count");

	for (size_t i = 0; i < nregs; i++) {
		uint64_t value = take_varint(c, "register");
		if (i < LG_REGS)
			thread->regs[i] = value;
	}
	thread->nregs = nregs < LG_REGS ? (uint32_t)nregs : LG_REGS;
	size_t nvector = take_items(c, 1, "vector register word count");
	if (!nvector || !array_grow(t, &thread->vector, 0, nvector, sizeof *thread->vector))
		return;
	for (size_t i = 0; i < nvector; i++)
		thread->vector[i] = take_varint(c, "vector register word");
	thread->nvector = (uint32_t)nvector;
}

void load_threads(struct trace *t, struct cursor *c)
{
	struct trace_snapshot *s = snapshot_of(t, c);

	for (size_t n = take_items(c, 6, "thread count"); n && !c->broken; n--) {
		struct trace_thread thread = { 0 };
		thread.tid = take_u32(c, "thread id");
		thread.number = take_u32(c, "thread number");
		thread.flags = take_u32(c, "thread flags");
		thread.fs_base = take_varint(c, "thread base");
		take_registers(t, c, &thread);
		if (c->broken || !array_grow(t, &s->threads, s->nthreads, 1, sizeof thread))
			free(thread.vector);
		else
			s->threads[s->nthreads++] = thread;
	}
}

void load_mappings(struct trace *t, struct cursor *c)
{
	struct trace_snapshot *s = snapshot_of(t, c);

	for (size_t n = take_items(c, 6, "mapping count"); n && !c->broken; n--) {
		struct trace_mapping m = { 0 };
		m.start = take_varint(c, "mapping start");
		m.end = take_varint(c, "mapping end");
		m.prot = take_u32(c, "mapping protection");
		m.flags = take_u32(c, "mapping flags");
		m.file_offset = take_varint(c, "mapping offset");
		refuse(c, m.start >= m.end, "mapping that ends behind its start");
		m.path = take_string(c, "mapping path");
		if (c->broken || !array_grow(t, &s->mappings, s->nmappings, 1, sizeof m)) {
			free(m.path);
			return;
		}
		s->mappings[s->nmappings++] = m;
		t->file->memory_room += m.end - m.start;
		t->file->kept_room += m.end - m.start;
	}
}

void load_unread(struct trace *t, struct cursor *c)
{
	struct trace_snapshot *s = snapshot_of(t, c);

	for (size_t n = take_items(c, 3, "unread count"); n && !c->broken; n--) {
		struct trace_unread u = { 0 };
		u.start = take_varint(c, "unread start");
		u.end = take_varint(c, "unread end");
		u.error = (int)take_count(c, 65535, "unread error");
		refuse(c, u.start > u.end, "unread range that ends behind its start");
		if (!c->broken && array_grow(t, &s->unread, s->nunread, 1, sizeof u))
			s->unread[s->nunread++] = u;
	}
}

void load_held(struct trace *t, struct cursor *c)
{
	struct trace_snapshot *s = snapshot_of(t, c);

	for (size_t n = take_items(c, 3, "held count"); n && !c->broken; n--) {
		struct trace_held h = { 0 };
		h.value = take_varint(c, "held value");
		h.holder = take_varint(c, "holder");
		h.id = take_varint(c, "holder's id");
		if (!c->broken && array_grow(t, &s->held, s->nheld, 1, sizeof h))
			s->held[s->nheld++] = h;
	}
}

void load_snapshot_end(struct trace *t, struct cursor *c)
{
	struct trace_snapshot *s = snapshot_of(t, c);
	uint64_t id = take_varint(c, "snapshot number");

	refuse(c, s && s->id != id, "snapshot of the number that ends here");
	if (c->broken)
		return;
	s->bytes_read = take_varint(c, "bytes read");
	s->bytes_unread = take_varint(c, "bytes unread");
	s->threads_seen = take_varint(c, "threads seen");
	s->threads_stopped = take_varint(c, "threads stopped");
	s->whole = !c->broken && !t->file->snapshot_hurt;
	t->file->in_snapshot = false;
}

/* ---- a snapshot's memory ------------------------------------------------------------------------------ */

/* Appends to `ranges`, still without words, and returns how many bytes the new ones take together. Zeros take next to nothing
 * in a file, so what a few bytes of it claim is held against what the process had mapped. */
static uint64_t take_ranges(struct trace *t, struct trace_memory **ranges, size_t *nranges, struct cursor *c,
			    uint64_t *room)
{
	uint64_t total = 0;

	for (size_t n = take_items(c, 2, "memory range count"); n && !c->broken; n--) {
		struct trace_memory m = { 0 };
		m.start = take_varint(c, "memory start");
		m.bytes = take_count(c, LG_CHUNK_RAW_MAX, "memory size");
		refuse(c, m.start % 8 || m.bytes % 8 || !m.bytes || m.start > UINT64_MAX - m.bytes,
		       "memory range of whole words");
		total += m.bytes;
		refuse(c, total > LG_CHUNK_RAW_MAX, "bytes for all memory ranges");
		if (c->broken || !array_grow(t, ranges, *nranges, 1, sizeof m))
			break;
		(*ranges)[(*nranges)++] = m;
	}
	refuse(c, total > *room, "room for so much memory in what was mapped");
	*room -= c->broken ? 0 : total;
	return total;
}

/* The words of all ranges, owned by the trace. */
static const uint64_t *load_words(struct trace *t, struct cursor *c, uint64_t bytes)
{
	struct words *w = c->broken ? NULL : calloc(1, sizeof *w + (size_t)bytes);

	if (!w || !take_memory(c, w->word, (size_t)(bytes / 8))) {
		t->file->starved |= !w && !c->broken;
		free(w);
		return NULL;
	}
	w->next = t->file->words;
	t->file->words = w;
	return w->word;
}

static void load_ranges(struct trace *t, struct trace_memory **ranges, size_t *nranges, struct cursor *c,
			uint64_t *room)
{
	size_t before = *nranges;
	const uint64_t *words = load_words(t, c, take_ranges(t, ranges, nranges, c, room));

	if (!words) {
		*nranges = before;
		return;
	}
	for (size_t i = before; i < *nranges; i++) {
		(*ranges)[i].words = words;
		words += (*ranges)[i].bytes / 8;
	}
}

void load_memory(struct trace *t, struct cursor *c)
{
	struct trace_snapshot *s = snapshot_of(t, c);

	if (s)
		load_ranges(t, &s->memory, &s->nmemory, c, &t->file->memory_room);
}

void load_kept(struct trace *t, struct cursor *c)
{
	struct trace_snapshot *s = snapshot_of(t, c);

	if (s)
		load_ranges(t, &s->kept, &s->nkept, c, &t->file->kept_room);
}
