/* load.c: one decoder a chunk kind, from untrusted bytes into the tables of struct trace.
 *
 * Counts are bounded by the bytes that could hold them. The first trouble sticks in the cursor and ends the
 * chunk; what came before it in the chunk is kept, and the caller notes the damage. */
#include "trace/file.h"

#include <stdlib.h>
#include <string.h>

static size_t bytes_left(const struct cursor *c)
{
	return c->broken ? 0 : (size_t)(c->end - c->at);
}

/* The number of items that follow, each of which takes at least `least_bytes`. */
static size_t take_items(struct cursor *c, size_t least_bytes, const char *what)
{
	uint64_t n = take_count(c, bytes_left(c) / least_bytes, what);

	return c->broken ? 0 : (size_t)n;
}

static uint32_t take_u32(struct cursor *c, const char *what)
{
	return (uint32_t)take_count(c, UINT32_MAX, what);
}

static void refuse(struct cursor *c, bool wrong, const char *what)
{
	if (wrong && !c->broken)
		c->broken = what;
}

/* Takes up to n strings; *count says how many there are. */
static char **take_strings(struct cursor *c, size_t n, size_t *count, const char *what)
{
	char **strings = calloc(n + 1, sizeof *strings);

	*count = 0;
	if (!strings)
		refuse(c, true, "memory");
	while (strings && !c->broken && *count < n) {
		char *s = take_string(c, what);
		if (s)
			strings[(*count)++] = s;
	}
	return strings;
}

static void free_strings(char **strings, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(strings[i]);
	free(strings);
}

/* ---- the image ---------------------------------------------------------------------------------------- */

static void take_process(struct trace_process *p, struct cursor *c)
{
	size_t argc;

	p->pid = take_varint(c, "pid");
	p->parent_pid = take_varint(c, "parent pid");
	p->image = take_varint(c, "image number");
	p->flags = take_varint(c, "process flags");
	p->clock = take_varint(c, "clock");
	p->ticks_per_second = take_varint(c, "ticks per second");
	p->hello_key = take_varint(c, "hello key");
	p->start_unix_ns = take_varint(c, "start time");
	p->page_bytes = take_varint(c, "page size");
	p->executable = take_string(c, "executable");
	p->directory = take_string(c, "directory");
	p->allocator = take_string(c, "allocator");
	p->recorder = take_string(c, "recorder version");
	p->argv = take_strings(c, take_items(c, 1, "argument count"), &argc, "argument");
	p->argc = (uint32_t)argc;
	if (bytes_left(c)) /* older files end here */
		p->sample_bytes = take_varint(c, "sampling interval");
	refuse(c, p->sample_bytes > LG_SAMPLE_MOST, "sampling interval");
}

void process_free(struct trace_process *p)
{
	free(p->executable);
	free(p->directory);
	free(p->allocator);
	free(p->recorder);
	free_strings(p->argv, p->argc);
	*p = (struct trace_process){ 0 };
}

/* A process that is not described to its end is none. */
static void load_process(struct trace *t, struct cursor *c)
{
	if (t->file->has_process) {
		refuse(c, true, "place for a second process");
		return;
	}
	take_process(&t->process, c);
	if (c->broken)
		process_free(&t->process);
	t->file->has_process = !c->broken;
}

static void add_module(struct trace *t, const struct trace_module *m, struct cursor *c)
{
	uint8_t *seen = &t->file->module_seen[m->id / 8], bit = (uint8_t)(1u << m->id % 8);

	refuse(c, m->id == 0 || m->start > m->end, "sound module");
	refuse(c, *seen & bit, "module with a number of its own");
	if (c->broken || !array_grow(t, &t->modules, t->nmodules, 1, sizeof *m)) {
		free(m->path);
		return;
	}
	*seen |= bit;
	t->modules[t->nmodules++] = *m;
}

static void load_module(struct trace *t, struct cursor *c)
{
	struct trace_module m = { 0 };

	m.id = (uint32_t)take_count(c, 65535, "module number");
	m.start = take_varint(c, "module start");
	m.end = take_varint(c, "module end");
	m.bias = take_varint(c, "module bias");
	m.key = take_varint(c, "module key");
	m.build_id_bytes = (uint32_t)take_count(c, LG_BUILD_ID_MAX, "build-id of 32 bytes at most");
	const uint8_t *id = take_bytes(c, m.build_id_bytes, "build-id");
	if (id)
		memcpy(m.build_id, id, m.build_id_bytes);
	m.path = take_string(c, "module path");
	add_module(t, &m, c);
}

static void load_modules(struct trace *t, struct cursor *c)
{
	for (size_t n = take_items(c, 7, "module count"); n && !c->broken; n--)
		load_module(t, c);
}

/* A node given twice: the later one holds. Parents that are in no table are nodes_seal()'s business. */
static void load_stacks(struct trace *t, struct cursor *c)
{
	uint32_t id = (uint32_t)take_count(c, LG_NODES, "stack node number");
	size_t n = take_items(c, 3, "stack node count");

	refuse(c, n && (id == 0 || id >= LG_NODES || n > LG_NODES - id), "stack node in range");
	if (c->broken || !n || !nodes_reach(t, id + (uint32_t)n - 1))
		return;
	for (; n; n--, id++) {
		uint32_t parent = id - take_u32(c, "stack node parent");
		uint64_t module = take_count(c, 65535, "stack node module");
		uint64_t offset = take_count(c, LG_FRAME_OFFSET_MASK, "stack node offset");
		if (c->broken)
			return;
		t->nodes[id] = (struct trace_node){ module << LG_FRAME_MODULE_SHIFT | offset, parent };
	}
}

static void load_python_codes(struct trace *t, struct cursor *c)
{
	for (size_t n = take_items(c, 3, "count of Python code"); n && !c->broken; n--) {
		struct trace_python_code p = { 0 };

		p.id = (uint32_t)take_count(c, LG_PYTHON_CODES - 1, "number of Python code");
		p.file = take_string(c, "file of Python code");
		p.name = take_string(c, "name of Python code");
		if (!c->broken && array_grow(t, &t->python_codes, t->npython_codes, 1, sizeof p)) {
			t->python_codes[t->npython_codes++] = p;
		} else {
			free(p.file);
			free(p.name);
		}
	}
}

static void load_marks(struct trace *t, struct cursor *c)
{
	for (size_t n = take_items(c, 4, "mark count"); n && !c->broken; n--) {
		struct trace_mark m = { 0 };

		m.events = take_varint(c, "mark's events");
		m.key = take_varint(c, "mark's key");
		m.thread = take_u32(c, "mark's thread");
		m.name = take_string(c, "mark's name");
		refuse(c, t->nmarks && m.events < t->marks[t->nmarks - 1].events, "mark in order");
		if (!c->broken && array_grow(t, &t->marks, t->nmarks, 1, sizeof m))
			t->marks[t->nmarks++] = m;
		else
			free(m.name);
	}
}

static void load_told(struct trace *t, struct cursor *c)
{
	uint64_t events = 0;

	for (size_t n = take_items(c, 8, "count of what was told"); n && !c->broken; n--) {
		struct trace_told told = { .snapshots = t->nsnapshots };

		told.events = events += take_varint(c, "events before what was told");
		told.key = take_varint(c, "key of what was told");
		told.thread = take_u32(c, "thread that told");
		told.what = take_u32(c, "what was told");
		told.addr = take_varint(c, "address told of");
		told.bytes = take_varint(c, "bytes told of");
		told.stack = take_u32(c, "stack of what was told");
		told.name = take_string(c, "name told");
		refuse(c, t->ntold && told.events < t->told[t->ntold - 1].events, "word in order");
		if (!c->broken && array_grow(t, &t->told, t->ntold, 1, sizeof told))
			t->told[t->ntold++] = told;
		else
			free(told.name);
	}
}

static void load_suspects(struct trace *t, struct cursor *c)
{
	uint64_t event = 0;

	for (size_t n = take_items(c, 7, "suspect count"); n && !c->broken; n--) {
		struct trace_suspect s = { 0 };
		event += take_varint(c, "suspect's event");
		s.event = event;
		s.addr = take_varint(c, "suspect's address");
		s.stack = take_u32(c, "suspect's stack");
		s.before = take_u32(c, "suspect's earlier stack");
		s.size = take_varint(c, "suspect's size");
		s.align = (uint8_t)take_count(c, 63, "suspect's alignment");
		s.block_align = (uint8_t)take_count(c, 63, "alignment of a suspect's block");
		refuse(c, t->nsuspects && s.event <= t->suspects[t->nsuspects - 1].event, "suspect in order");
		if (!c->broken && array_grow(t, &t->suspects, t->nsuspects, 1, sizeof s))
			t->suspects[t->nsuspects++] = s;
	}
}

static void load_end(struct trace *t, struct cursor *c)
{
	struct trace_end *e = &t->end;

	if (e->present) {
		refuse(c, true, "place for a second footer");
		return;
	}
	uint64_t *const fields[] = { &e->ending,      &e->status,     &e->signal,    &e->key,
				     &e->duration_ns, &e->threads,    &e->events,    &e->lost_allocs,
				     &e->lost_frees,  &e->lost_bytes, &e->stackless, &e->truncated,
				     &e->lost_stacks, &e->untraced };
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		*fields[i] = take_varint(c, "footer's number");
	e->present = !c->broken;
	if (e->present)
		e->reasons = take_strings(c, take_items(c, 1, "reason count"), &e->nreasons, "reason");
	if (bytes_left(c)) /* older files end here */
		e->recorder_cpu_ns = take_varint(c, "recorder's time");
	if (bytes_left(c)) /* or here */
		e->left_out_allocs = take_varint(c, "count of what was left out");
	if (bytes_left(c))
		e->left_out_bytes = take_varint(c, "bytes left out");
	if (bytes_left(c))
		e->python_lost = take_varint(c, "stacks without their Python frames");
}

void end_free(struct trace_end *e)
{
	free_strings(e->reasons, e->nreasons);
	*e = (struct trace_end){ 0 };
}

/* ---- snapshots ---------------------------------------------------------------------------------------- */

static void load_snapshot(struct trace *t, struct cursor *c)
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

static void load_threads(struct trace *t, struct cursor *c)
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

static void load_mappings(struct trace *t, struct cursor *c)
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

static void load_unread(struct trace *t, struct cursor *c)
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

static void load_held(struct trace *t, struct cursor *c)
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

static void load_snapshot_end(struct trace *t, struct cursor *c)
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

static void load_memory(struct trace *t, struct cursor *c)
{
	struct trace_snapshot *s = snapshot_of(t, c);

	if (s)
		load_ranges(t, &s->memory, &s->nmemory, c, &t->file->memory_room);
}

static void load_kept(struct trace *t, struct cursor *c)
{
	struct trace_snapshot *s = snapshot_of(t, c);

	if (s)
		load_ranges(t, &s->kept, &s->nkept, c, &t->file->kept_room);
}

/* ---- dispatch ----------------------------------------------------------------------------------------- */

bool load_event_chunk(struct trace *t, uint64_t at)
{
	struct trace_file *f = t->file;

	if (!array_grow(t, &f->event_chunks, f->nevent_chunks, 1, sizeof at))
		return false;
	f->event_chunks[f->nevent_chunks++] = at;
	return true;
}

void load_chunk(struct trace *t, uint16_t kind, struct cursor *c)
{
	static void (*const loaders[])(struct trace *, struct cursor *) = {
		[LG_CHUNK_PROCESS] = load_process,
		[LG_CHUNK_MODULES] = load_modules,
		[LG_CHUNK_STACKS] = load_stacks,
		[LG_CHUNK_SNAPSHOT] = load_snapshot,
		[LG_CHUNK_THREADS] = load_threads,
		[LG_CHUNK_MAPPINGS] = load_mappings,
		[LG_CHUNK_MEMORY] = load_memory,
		[LG_CHUNK_UNREAD] = load_unread,
		[LG_CHUNK_SNAPSHOT_END] = load_snapshot_end,
		[LG_CHUNK_END] = load_end,
		[LG_CHUNK_KEPT] = load_kept,
		[LG_CHUNK_SUSPECTS] = load_suspects,
		[LG_CHUNK_HELD] = load_held,
		[LG_CHUNK_MARKS] = load_marks,
		[LG_CHUNK_TOLD] = load_told,
		[LG_CHUNK_PYTHON] = load_python_codes,
	};

	if (kind < sizeof loaders / sizeof *loaders && loaders[kind])
		loaders[kind](t, c);
	if (c->broken && strcmp(c->broken, "memory") == 0)
		t->file->starved = true;
}
