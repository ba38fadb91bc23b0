/* reader.c: opens a trace as far as it is good, and says where it is not.
 *
 * trace_open_unsealed() walks all chunks once, verifies each, and fills the tables; events stay in the file and are only
 * checked and counted, by trace_seal(). A lost chunk costs what it held and nothing else, but a snapshot that lost one
 * is not whole. */
#include "trace/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void tell_more_damage(struct trace *t)
{
	size_t n = strlen(t->damage);

	if (t->file->more_damage)
		snprintf(t->damage + n, sizeof t->damage - n, "; %u more", t->file->more_damage);
}

/* ---- chunk by chunk ----------------------------------------------------------------------------------- */

/* Chunks are gone: whatever snapshot was under way may miss memory. */
static void hurt(struct trace *t)
{
	t->file->snapshot_hurt = true;
}

static void count_chunk(struct trace *t, const struct lg_chunk_header *head)
{
	struct trace_chunks *c = &t->chunks[head->kind];

	c->count++;
	c->file_bytes += sizeof *head + head->stored_bytes;
	c->raw_bytes += head->raw_bytes;
}

static void take_chunk(struct trace *t, struct chunk_source *s, const struct chunk *chunk)
{
	uint16_t kind = chunk->head.kind;

	if (kind < LG_CHUNK_PROCESS || kind >= LG_CHUNK_KINDS)
		return; /* of a later leakgraph */
	count_chunk(t, &chunk->head);
	if (kind == LG_CHUNK_EVENTS) {
		load_event_chunk(t, chunk->at);
		return;
	}
	const uint8_t *payload = chunk_payload(s, chunk);
	struct cursor c = { payload, payload ? payload + chunk->head.raw_bytes : NULL,
			    payload ? NULL : "way to decompress it" };
	load_chunk(t, kind, &c);
	if (!c.broken)
		return;
	trace_note(t, "chunk %" PRIu64 " at byte %" PRIu64 ": no %s", chunk->head.sequence, chunk->at,
		   c.broken);
	hurt(t);
}

/* The chunk at `at` is no good: finds the next that is, or ends the file here. */
static bool pass_damage(struct trace *t, struct chunk_source *s, uint64_t at, uint64_t expected,
			struct chunk *c)
{
	bool is_cut = chunk_is_cut(s, at);

	hurt(t);
	if (chunk_resync(s, at, expected, c)) {
		trace_note(t, "chunk %" PRIu64 " at byte %" PRIu64 " damaged, %" PRIu64 " chunks skipped",
			   expected, at, c->head.sequence - expected);
		return true;
	}
	if (is_cut)
		trace_note(t, "cut at byte %" PRIu64 " (chunk %" PRIu64 ")", s->size_bytes, expected);
	else
		trace_note(t, "chunk %" PRIu64 " at byte %" PRIu64 " damaged, nothing readable after it",
			   expected, at);
	return false;
}

/* Chunk numbers only grow. Returns whether this one is to be taken. */
static bool in_sequence(struct trace *t, const struct chunk *c, uint64_t expected, bool passed_damage)
{
	if (c->head.sequence < expected) {
		trace_note(t, "chunk %" PRIu64 " at byte %" PRIu64 " out of order, skipped", c->head.sequence,
			   c->at);
		return false;
	}
	if (c->head.sequence > expected && !passed_damage) {
		trace_note(t, "%" PRIu64 " chunks missing before byte %" PRIu64 " (chunk %" PRIu64 ")",
			   c->head.sequence - expected, c->at, c->head.sequence);
		hurt(t);
	}
	return true;
}

static void walk_chunks(struct trace *t, struct chunk_source *s)
{
	uint64_t at = sizeof(struct lg_file_header), expected = 0;

	while (at < s->size_bytes && !t->file->starved) {
		struct chunk c;
		bool is_good = chunk_read(s, at, &c);

		if (!is_good && !pass_damage(t, s, at, expected, &c))
			return;
		if (in_sequence(t, &c, expected, !is_good)) {
			take_chunk(t, s, &c);
			expected = c.head.sequence + 1;
		}
		at = chunk_next(&c);
	}
	if (!t->end.present)
		trace_note(t, "cut at byte %" PRIu64 " (chunk %" PRIu64 "): no footer", at, expected);
}

/* ---- opening ------------------------------------------------------------------------------------------ */

static int check_header(const struct trace *t, struct err *err)
{
	struct lg_file_header h;

	if (pread(t->file->fd, &h, sizeof h, 0) != (ssize_t)sizeof h ||
	    memcmp(h.magic, LG_TRACE_MAGIC, sizeof h.magic) != 0)
		return fail(
		    err,
		    "%s: not a leakgraph trace (no LGTRACE header); pass a .lgt file made by `leakgraph run`",
		    t->path);
	if (h.version > LG_TRACE_VERSION)
		return fail(
		    err, "%s: trace format %u at byte 8, but this leakgraph reads %u; use a newer leakgraph",
		    t->path, h.version, LG_TRACE_VERSION);
	if (h.version == 0)
		return fail(err,
			    "%s: trace format 0 at byte 8: the header is damaged; record the program again",
			    t->path);
	if (h.version < LG_TRACE_VERSION)
		return fail(err,
			    "%s: trace format %u at byte 8, but this leakgraph reads %u; use the leakgraph "
			    "that wrote "
			    "it, or record the program again",
			    t->path, h.version, LG_TRACE_VERSION);
	return 0;
}

static int open_file(struct trace *t, const char *path, struct err *err)
{
	struct stat st;

	t->path = strdup(path);
	t->file = calloc(1, sizeof *t->file);
	if (t->file)
		t->file->fd = -1;
	if (!t->path || !t->file)
		return fail(err, "%s: out of memory", path);
	t->file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (t->file->fd < 0 || fstat(t->file->fd, &st) < 0)
		return fail(err, "%s: cannot open: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(err, "%s: not a regular file; pass a .lgt file made by `leakgraph run`", path);
	t->file->size_bytes = (uint64_t)st.st_size;
	return check_header(t, err);
}

static int module_order(const void *a, const void *b)
{
	const struct trace_module *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static void seal_tables(struct trace *t)
{
	if (t->nmodules)
		qsort(t->modules, t->nmodules, sizeof *t->modules, module_order);
	nodes_seal(t);
	for (size_t i = 0; i < t->nsnapshots; i++)
		snapshot_seal(t, &t->snapshots[i]);
}

static int read_file(struct trace *t, struct err *err)
{
	struct chunk_source s;

	if (!nodes_reach(t, 0))
		return fail(err, "%s: out of memory", t->path);
	chunk_source_open(&s, t->file->fd, t->file->size_bytes);
	walk_chunks(t, &s);
	chunk_source_close(&s);
	if (!t->file->starved && !t->file->has_process)
		return fail(err, "%s: no process is described in it (%s); record the program again", t->path,
			    t->damage[0] ? t->damage : "no chunks");
	if (t->file->starved)
		return fail(err, "%s: out of memory", t->path);
	seal_tables(t);
	return t->file->starved ? fail(err, "%s: out of memory", t->path) : 0;
}

int trace_open_unsealed(struct trace *t, const char *path, struct err *err)
{
	*t = (struct trace){ 0 };
	if (open_file(t, path, err) == 0 && read_file(t, err) == 0)
		return 0;
	trace_close(t);
	return -1;
}

int trace_seal(struct trace *t, trace_batch *each, void *context, struct err *err)
{
	if (t->file->is_sealed)
		return trace_events(t, each, context, err);
	t->file->is_sealed = true;
	int answer = events_seal(t, each, context, err);
	for (size_t i = 0; i < t->nsnapshots; i++)
		if (t->snapshots[i].events > t->nevents)
			t->snapshots[i].events = t->nevents;
	tell_more_damage(t);
	return answer;
}

int trace_open(struct trace *t, const char *path, struct err *err)
{
	if (trace_open_unsealed(t, path, err))
		return -1;
	if (!trace_seal(t, NULL, NULL, err))
		return 0;
	trace_close(t);
	return -1;
}

/* PROCESS is the first chunk of a file. */
static int read_first_chunk(struct trace *t, struct err *err)
{
	struct chunk_source s;
	struct chunk c;

	chunk_source_open(&s, t->file->fd, t->file->size_bytes);
	if (chunk_read(&s, sizeof(struct lg_file_header), &c))
		take_chunk(t, &s, &c);
	chunk_source_close(&s);
	return t->file->has_process ? 0 : fail(err, "%s: no process is described at its beginning", t->path);
}

int trace_peek(struct trace *t, const char *path, struct err *err)
{
	*t = (struct trace){ 0 };
	if (open_file(t, path, err) == 0 && read_first_chunk(t, err) == 0)
		return 0;
	trace_close(t);
	return -1;
}

/* ---- closing ------------------------------------------------------------------------------------------ */

static void free_file(struct trace_file *f)
{
	if (!f)
		return;
	if (f->fd >= 0)
		close(f->fd);
	for (struct words *w = f->words, *next; w; w = next) {
		next = w->next;
		free(w);
	}
	free(f->event_chunks);
	free(f);
}

void trace_close(struct trace *t)
{
	for (size_t i = 0; i < t->nmodules; i++)
		free(t->modules[i].path);
	for (size_t i = 0; i < t->nsnapshots; i++)
		snapshot_free(&t->snapshots[i]);
	process_free(&t->process);
	end_free(&t->end);
	free(t->modules);
	free(t->nodes);
	for (size_t i = 0; i < t->npython_codes; i++) {
		free(t->python_codes[i].file);
		free(t->python_codes[i].name);
	}
	free(t->python_codes);
	for (size_t i = 0; i < t->nmarks; i++)
		free(t->marks[i].name);
	free(t->marks);
	for (size_t i = 0; i < t->ntold; i++)
		free(t->told[i].name);
	free(t->told);
	free(t->suspects);
	free(t->snapshots);
	free(t->path);
	free_file(t->file);
	*t = (struct trace){ 0 };
}
