/* load.c: one decoder a chunk kind, from untrusted bytes into the tables of struct trace; those of snapshots are in
 * load_snapshot.c.
 *
 * Counts are bounded by the bytes that could hold them. The first trouble sticks in the cursor and ends the
 * chunk; what came before it in the chunk is kept, and the caller notes the damage. */
#include "trace/file.h"

#include <stdlib.h>
#include <string.h>

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
	if (bytes_left(c)) /* and there */
		p->run_unix_ns = take_varint(c, "start of the run");
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
