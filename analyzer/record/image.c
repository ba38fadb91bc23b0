/* image.c: see image.h. Chunks are written so that what an event refers to (modules, stack nodes) stands before
 * it in the file. */
#include "record/image.h"

#include "base/clock.h"
#include "base/version.h"
#include "record/builtin.h"
#include "record/preflight.h"
#include "record/proc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEY_SHIFT 10 /* time stamps in the file are this coarse: less than a microsecond */
#define SUSPECTS_STEP 256u
#define WRITE_DELAY_NS (250u * 1000 * 1000)
#define GATHER_NS (2u * 1000 * 1000) /* younger images are likely to be over soon */

/* ---- opening ----------------------------------------------------------------------------------------- */

/* The shim found that the program's own malloc is not the shim's. In an executable that is not position
 * independent that may just be its PLT entry, the one address that all take of malloc; the file knows. */
static bool brings_own_malloc(const struct image *i)
{
	struct program_facts facts;
	char path[64];

	if (!(i->area->flags & LG_IMAGE_FOREIGN_MALLOC))
		return false;
	snprintf(path, sizeof path, "/proc/%u/exe", i->pid);
	program_inspect(path, &facts);
	return facts.defines_malloc;
}

static void put_process_chunk(struct image *i, const struct segment *s, const struct image_start *start)
{
	const struct lg_area *a = i->area;
	struct buf out = { 0 };
	char allocator[sizeof a->allocator];
	uint32_t argc = 0;

	i->has_own_malloc = brings_own_malloc(i);
	struct trace_process p = {
		.pid = i->pid,
		.parent_pid = i->is_elsewhere ? proc_parent(i->pid) : a->parent_pid,
		.image = i->number,
		.flags = (a->flags & LG_IMAGE_FORKED ? LG_PROCESS_FORKED : 0) |
			 (i->has_own_malloc ? LG_PROCESS_FOREIGN_MALLOC : 0) |
			 (start->full_contents ? LG_PROCESS_FULL_CONTENTS : 0) |
			 (a->flags & LG_IMAGE_LEFT_OUT ? LG_PROCESS_LEFT_OUT : 0),
		.clock = s->control->clock,
		.ticks_per_second = segment_key_hz(s),
		.hello_key = a->hello_key,
		.start_unix_ns = clock_ns(CLOCK_REALTIME) - (clock_ns(CLOCK_MONOTONIC) - i->begun_ns),
		.page_bytes = LG_PAGE,
		.executable = i->executable,
		.directory = start->directory ? strdup(start->directory) : proc_link(i->pid, "cwd"),
		.argv = start->argc ? start->argv : proc_arguments(i->pid, &argc),
		.allocator = allocator,
		.recorder = (char *)LG_VERSION,
		.sample_bytes = s->control->sample_bytes,
		.run_unix_ns = s->begun_unix_ns,
	};

	memcpy(allocator, a->allocator, sizeof allocator);
	allocator[sizeof allocator - 1] = 0;
	p.argc = start->argc ? start->argc : argc;
	put_process(&out, &p);
	image_put(i, LG_CHUNK_PROCESS, &out);
	buf_free(&out);
	if (!start->argc)
		free(p.argv);
	free(p.directory);
}

/* A forked child has blocks that it never allocated, and of other allocators nothing is known, nor where blocks are
 * sampled. */
static struct live *watch_heap(const struct image *i)
{
	const char *slash =
	    memrchr(i->area->allocator, '/', strnlen(i->area->allocator, sizeof i->area->allocator));
	uint64_t start;

	if (i->area->flags & LG_IMAGE_FORKED || atomic_load(&i->area->paused) & LG_PAUSED_SAMPLED || !slash ||
	    strncmp(slash, "/libc.", 6))
		return NULL;
	start = proc_heap_start(i->pid);
	return start ? live_new(start) : NULL;
}

struct image *image_new(const struct segment *s, uint32_t index, uint32_t pid, uint32_t number)
{
	struct image *i = calloc(1, sizeof *i);

	if (!i)
		return NULL;
	i->index = index;
	i->area = segment_area(s, index);
	i->pid = pid;
	i->is_elsewhere = pid != atomic_load(&i->area->pid);
	i->number = number;
	i->begun_ns = i->written_ns = clock_ns(CLOCK_MONOTONIC);
	i->begun_cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	i->pidfd = -1;
	pthread_mutex_init(&i->broken_lock, NULL);
	return i;
}

void image_begin(struct image *i, const struct segment *s, const struct image_start *start)
{
	drain_init(&i->drain, i->area);
	stacks_init(&i->stacks, i->area);
	i->key_shift = s->control->clock == LG_CLOCK_TSC ? KEY_SHIFT : 0;
	i->path = strdup(start->path);
	i->writer = start->writer;
	put_process_chunk(i, s, start);
}

/* ---- writing ----------------------------------------------------------------------------------------- */

static void note_broken(struct image *i, const struct err *trouble)
{
	pthread_mutex_lock(&i->broken_lock);
	if (!i->broken.text[0])
		i->broken = *trouble;
	pthread_mutex_unlock(&i->broken_lock);
}

void image_put(struct image *i, enum lg_chunk_kind kind, const struct buf *payload)
{
	struct err err = { "" };

	if (i->writer && trace_put(i->writer, kind, payload, &err))
		note_broken(i, &err);
}

bool image_is_broken(struct image *i)
{
	pthread_mutex_lock(&i->broken_lock);
	bool is_broken = !i->writer || i->broken.text[0];
	pthread_mutex_unlock(&i->broken_lock);
	return is_broken;
}

void image_make_file(struct image *i)
{
	struct err err = { "" };

	if (i->writer && trace_flush(i->writer, &err))
		note_broken(i, &err);
}

/* The file behind a mapped address, for modules that the loader knows by a relative name only. */
static char *mapped_file(uint32_t pid, uint64_t address)
{
	char *found = NULL;
	size_t n;
	struct trace_mapping *mappings = proc_mappings(pid, &n);

	for (size_t i = 0; i < n && !found; i++)
		if (address >= mappings[i].start && address < mappings[i].end && mappings[i].path[0] == '/')
			found = strdup(mappings[i].path);
	proc_mappings_free(mappings, n);
	return found;
}

/* Whether the loader was told to run the program: then /proc/PID/exe is the loader. */
static bool loader_was_told(const struct image *i)
{
	return i->executable && strstr(i->executable, "/ld-linux");
}

/* Another library may have been loaded there since. */
static bool may_be_named(const char *file, const char *name)
{
	while (!strncmp(name, "./", 2) || !strncmp(name, "../", 3))
		name = strchr(name, '/') + 1;
	size_t n = strlen(name), length = strlen(file);
	return !n || (length > n && file[length - n - 1] == '/' && !strcmp(file + length - n, name));
}

static char *module_path(const struct image *i, const struct lg_module *m)
{
	char path[sizeof m->path];
	char *found = NULL;

	memcpy(path, m->path, sizeof path);
	path[sizeof path - 1] = 0;
	if (path[0] != '/' && path[0] != '[' && (path[0] || loader_was_told(i)))
		found = mapped_file(i->pid, m->start);
	if (found && may_be_named(found, path))
		return found;
	free(found);
	return strdup(path[0] || !i->executable ? path : i->executable);
}

static void write_modules(struct image *i)
{
	const struct lg_module *shared = (const void *)((const char *)i->area + LG_OFF_MODULES);
	uint32_t n = atomic_load(&i->area->nmodules);
	struct buf out = { 0 };

	for (uint32_t id = i->modules_written + 1; id <= n && id < LG_MODULES; id++) {
		if (!atomic_load_explicit(&shared[id].ready, memory_order_acquire))
			break;
		struct trace_module m = { .id = id,
					  .build_id_bytes = shared[id].build_id_bytes,
					  .start = shared[id].start,
					  .end = shared[id].end,
					  .bias = shared[id].bias,
					  .key = shared[id].key,
					  .path = module_path(i, &shared[id]) };
		if (m.build_id_bytes > LG_BUILD_ID_MAX)
			m.build_id_bytes = 0;
		memcpy(m.build_id, shared[id].build_id, m.build_id_bytes);
		buf_clear(&out);
		put_modules(&out, &m, 1);
		image_put(i, LG_CHUNK_MODULES, &out);
		free(m.path);
		i->modules_written = id;
	}
	buf_free(&out);
}

#define NODES_PER_CHUNK 65536u

/* The names of Python code that fresh nodes are the first to be lines of. */
static void write_python_codes(struct image *i)
{
	struct stacks *s = &i->stacks;
	struct buf out = { 0 };

	for (size_t at = 0; at < s->nfresh; at++) {
		char file[LG_PYTHON_STRING_MAX + 1], name[LG_PYTHON_STRING_MAX + 1];
		struct trace_python_code code = { .file = file, .name = name };

		if (!stacks_new_code(s, s->fresh[at].frame, &code))
			continue;
		buf_clear(&out);
		put_python_codes(&out, &code, 1);
		image_put(i, LG_CHUNK_PYTHON, &out);
	}
	buf_free(&out);
}

static void write_stacks(struct image *i)
{
	struct stacks *s = &i->stacks;
	struct buf out = { 0 };
	uint32_t first = s->count + 1 - (uint32_t)s->nfresh;

	for (size_t at = 0, run; at < s->nfresh; at += run) {
		run = s->nfresh - at < NODES_PER_CHUNK ? s->nfresh - at : NODES_PER_CHUNK;
		buf_clear(&out);
		put_stacks(&out, first + (uint32_t)at, s->fresh + at, run);
		image_put(i, LG_CHUNK_STACKS, &out);
	}
	s->nfresh = 0;
	buf_free(&out);
}

static void write_suspects(struct image *i)
{
	struct buf out = { 0 };

	if (!i->nsuspects)
		return;
	put_suspects(&out, i->suspects, i->nsuspects);
	image_put(i, LG_CHUNK_SUSPECTS, &out);
	buf_free(&out);
	i->nsuspects = 0;
}

static void write_tellings(struct image *i)
{
	struct tellings *t = &i->tellings;
	struct buf out = { 0 };

	for (size_t at = 0, n; (n = tellings_put_marks(t, at, &out)); at += n)
		image_put(i, LG_CHUNK_MARKS, &out);
	for (size_t at = 0, n; (n = tellings_put_told(t, at, &out)); at += n)
		image_put(i, LG_CHUNK_TOLD, &out);
	buf_free(&out);
	tellings_clear(t);
}

static void put_events(struct image *i)
{
	struct buf out = { 0 };
	bool has_events = i->encoder && encoder_count(i->encoder);

	if (!i->tellings.nmarks && !i->tellings.ntold && !has_events)
		return;
	write_modules(i);
	write_python_codes(i);
	write_stacks(i);
	write_tellings(i);
	if (!has_events)
		return;
	write_suspects(i);
	i->events_written += encoder_count(i->encoder);
	encoder_put(i->encoder, &out);
	image_put(i, LG_CHUNK_EVENTS, &out);
	buf_free(&out);
}

static bool has_encoder(struct image *i)
{
	if (!i->encoder)
		i->encoder = encoder_new(i->key_shift);
	i->drain.out_of_memory |= !i->encoder;
	return i->encoder;
}

/* An end with a stack looked wrong. Without memory for it nothing is claimed of it. */
static void note_suspect(struct image *i, const struct trace_event *e, uint64_t number)
{
	struct trace_suspect *more = i->suspects;

	if (i->nsuspects % SUSPECTS_STEP == 0)
		more = realloc(more, (i->nsuspects + SUSPECTS_STEP) * sizeof *more);
	if (!more)
		return;
	i->suspects = more;
	i->suspects[i->nsuspects++] = (struct trace_suspect){
		.event = number,
		.addr = e->addr,
		.size = (uint32_t)e->size,
		.stack = e->stack,
		.before = stacks_number(&i->stacks, (uint32_t)(e->size >> 32)),
		.align = e->aligns & 0xf,
		.block_align = e->aligns >> 8 & 0xf,
	};
}

/* What was taken, into chunks; full ones are put. Stacks are numbered by their first use. */
static void encode_taken(struct image *i)
{
	struct trace_event *events = i->taken;
	size_t n = i->ntaken;
	uint64_t number = i->events_written + (i->encoder ? encoder_count(i->encoder) : 0);

	i->ntaken = 0;
	if (i->drain.has_tellings)
		n = tellings_take(&i->tellings, i->area, &i->stacks, events, n, number);
	i->drain.out_of_memory |= i->tellings.out_of_memory;
	for (size_t e = 0; e < n; e++) {
		events[e].stack = stacks_number(&i->stacks, events[e].stack);
		if (events[e].stack && (events[e].type == LG_EV_FREE || events[e].type == LG_EV_RELEASE))
			note_suspect(i, &events[e], number + e);
	}
	for (size_t at = 0; at < n && has_encoder(i);) {
		at += encoder_add(i->encoder, events + at, n - at);
		if (encoder_count(i->encoder) == LG_EVENTS_PER_CHUNK)
			put_events(i);
	}
}

#define PASSES 16u /* of a round: other images wait */

void image_round(struct image *i, uint64_t key, uint64_t now)
{
	unsigned passes = 0;

	if (!i->is_watched)
		i->live = watch_heap(i);
	i->is_watched = true;
	do {
		i->taken = drain_pass(&i->drain, key, now, &i->ntaken);
		if (i->live)
			live_take(i->live, i->taken, i->ntaken);
		encode_taken(i);
	} while (i->drain.is_behind && ++passes < PASSES);
	if (now - i->written_ns > WRITE_DELAY_NS) {
		put_events(i);
		i->written_ns = now;
	}
	if (now - i->begun_ns > GATHER_NS)
		image_make_file(i);
}

void image_take(struct image *i, uint64_t key)
{
	encode_taken(i);
	i->is_watched = true; /* an image that is over before its first round has little heap to pass over */
	i->taken = drain_rest(&i->drain, key, clock_ns(CLOCK_MONOTONIC), &i->ntaken);
	if (i->live)
		live_take(i->live, i->taken, i->ntaken);
	write_modules(i);
}

void image_write(struct image *i)
{
	encode_taken(i);
	put_events(i);
}

/* ---- the end ----------------------------------------------------------------------------------------- */

void image_degrade(struct image *i, const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	for (size_t n = 0; n < i->nreasons; n++)
		if (!strcmp(i->reasons[n], line))
			return;
	char **reasons = realloc(i->reasons, (i->nreasons + 1) * sizeof *reasons);
	if (!reasons)
		return;
	i->reasons = reasons;
	i->reasons[i->nreasons] = strdup(line);
	i->nreasons += i->reasons[i->nreasons] != NULL;
}

/* Adds up what the image's threads counted. */
static void count_losses(const struct image *i, struct trace_end *end)
{
	const struct lg_area *a = i->area;
	uint32_t slots = atomic_load(&a->slots);

	for (uint32_t n = 0; n < slots && n < LG_THREADS; n++) {
		end->lost_allocs += atomic_load(&a->threads[n].lost_allocs);
		end->lost_frees += atomic_load(&a->threads[n].lost_frees);
		end->lost_bytes += atomic_load(&a->threads[n].lost_bytes);
		end->stackless += atomic_load(&a->threads[n].stackless);
		end->truncated += atomic_load(&a->threads[n].truncated);
		end->left_out_allocs += atomic_load(&a->threads[n].left_out_allocs);
		end->left_out_bytes += atomic_load(&a->threads[n].left_out_bytes);
	}
	/* What could not even be told apart may have been a free: the kind whose loss makes false leaks. */
	end->lost_frees += atomic_load(&a->lost_no_slot) + atomic_load(&a->lost_nested);
	end->threads = atomic_load(&a->nthreads);
	end->threads += !end->threads; /* one that has allocated nothing */
	end->python_lost = atomic_load(&a->python_lost);
}

bool image_has_lost(const struct image *i)
{
	struct trace_end losses = { 0 };

	count_losses(i, &losses);
	return losses.lost_allocs || losses.lost_frees || i->drain.out_of_memory;
}

/* A thread's first event gives it a number, before anything else. */
bool image_is_bare(const struct image *i)
{
	return !(i->area->flags & LG_IMAGE_FORKED) && !atomic_load(&i->area->nthreads) && !image_has_lost(i);
}

const struct live *image_live(const struct image *i)
{
	struct trace_end counted = { 0 };

	count_losses(i, &counted);
	return counted.left_out_allocs || image_has_lost(i) ? NULL : i->live;
}

static void note_trouble(struct image *i, struct trace_end *end, struct builtin_memory *builtins)
{
	struct builtin builtin;

	if (!i->has_own_malloc && i->executable && builtin_recall(builtins, i->executable, &builtin))
		image_degrade(i, TRACE_UNSEEN_ALLOCATOR "blocks of %s, %s %s, are not recorded", builtin.name,
			      builtin.is_imported ? "called by" : "built into", i->executable);
	if (i->area->flags & LG_IMAGE_BEHIND_MALLOC && !atomic_load(&i->area->nthreads))
		image_degrade(i,
			      "the program's own calls go to a malloc that is preloaded before leakgraph's "
			      "library and calls no other; set LD_PRELOAD for leakgraph, or append to what "
			      "it has");
	if (i->drain.out_of_memory || i->stacks.out_of_memory)
		image_degrade(i, "the recorder ran out of memory: events were lost");
	if (atomic_load(&i->area->lost_no_slot))
		image_degrade(i,
			      TRACE_CROWDED "%u threads at once, or more than %u since it entered a sandbox: "
					    "events of those beyond were lost",
			      LG_THREADS, LG_THREADS_AHEAD);
	if (i->broken.text[0])
		image_degrade(i, "the trace is not whole: %s", i->broken.text);
	end->reasons = i->reasons;
	end->nreasons = i->nreasons;
}

void image_finish(struct image *i, const struct trace_end *known, struct builtin_memory *builtins)
{
	struct trace_end end = *known;
	struct buf out = { 0 };

	image_take(i, DRAIN_ALL);
	image_write(i);
	end.events = i->events_written;
	count_losses(i, &end);
	note_trouble(i, &end, builtins);
	/* Last: the flush is most of it */
	end.recorder_cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - i->begun_cpu_ns;
	put_end(&out, &end);
	image_put(i, LG_CHUNK_END, &out);
	buf_free(&out);
	if (trace_writer_close(i->writer, NULL) && !i->broken.text[0])
		fail(&i->broken, "%s: closing failed: %s", i->path, strerror(errno));
	i->writer = NULL;
}

void image_free(struct image *i)
{
	trace_writer_close(i->writer, NULL);
	for (size_t n = 0; n < i->nreasons; n++)
		free(i->reasons[n]);
	free(i->reasons);
	stacks_free(&i->stacks);
	tellings_clear(&i->tellings);
	free(i->suspects);
	free(i->path);
	free(i->executable);
	encoder_free(i->encoder);
	live_free(i->live);
	drain_free(&i->drain);
	space_close(&i->space);
	if (i->pidfd >= 0)
		close(i->pidfd);
	pthread_mutex_destroy(&i->broken_lock);
	free(i);
}
