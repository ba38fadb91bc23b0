/* snapshot.c: see snapshot.h.
 *
 * Reads only pages that exist (pagemap: present or swapped), of mappings that can hold references: writable ones,
 * read-only anonymous ones, and the relocated read-only data of modules. Unless told otherwise, every word that is
 * neither an address of mapped memory nor a small integer is dropped before it reaches the file; pages without any
 * word left are not written. Pages of the heap that hold nothing alive are not read: their words are dead.
 *
 * Memory is read in batches, many places by one system call. What the last batch holds is looked at when the target has
 * gone on, so that of a small memory nothing but the copy is waited for. */
#include "record/snapshot.h"

#include "record/caller.h"
#include "record/kept.h"
#include "record/mapped.h"
#include "record/proc.h"

#include <elf.h>
#include <errno.h>
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <unistd.h>

#define BATCH_BYTES (4u << 20)
#define CHUNK_BYTES (LG_CHUNK_RAW_MAX / 2)
#define BATCH_RUNS 1024u /* the most that process_vm_readv(2) takes */
#define PAGEMAP_PAGES 1024u /* asked about at most at a time */
#define PAGEMAP_LEAST 64u /* what lies close together is asked about together */

/* Memory as it was read, before anything is dropped from it. */
struct batch {
	size_t bytes;
	struct iovec runs[BATCH_RUNS]; /* where they are from, in order */
	size_t nruns;
};

/* Some of the kernel's pagemap: which pages exist at all. */
struct pagemap {
	bool is_silent; /* it cannot be read */
	uint64_t first; /* page of entries[0] */
	size_t count;
	uint64_t entries[PAGEMAP_PAGES];
};

struct snapshot {
	struct image *image;
	const struct follower *follower;
	struct snapshot_request request;
	uint32_t tid; /* a thread through which /proc shows the address space */
	struct live_walk heap_walk; /* over what the heap still holds; live NULL: read all of it */
	struct trace_snapshot meta;
	struct trace_mapping *mappings;
	size_t nmappings;
	struct trace_thread *threads;
	size_t nthreads;
	bool is_begun; /* the file has what stands before the memory */
	struct pagemap pagemap;
	struct mapped *mapped; /* NULL: not needed yet */
	uint64_t *words; /* owned, CHUNK_BYTES + BATCH_BYTES: those of `ranges`, then the batch */
	size_t kept_bytes; /* of the ranges, less than CHUNK_BYTES */
	struct batch batch; /* what was read last */
	bool is_aside; /* that is in the hoard, not behind the ranges */
	struct trace_memory *ranges; /* of the MEMORY chunk being filled */
	size_t nranges, ranges_room;
	bool is_short; /* there was no memory for a range */
	const char *trouble; /* NULL: all that could be read is in the file */
	struct trace_held *held; /* what only the kernel keeps for the process */
	size_t nheld;
	struct kept *kept; /* NULL: nothing besides pointers and small integers is kept */
	struct buf payload; /* of the chunk that they become */
	struct buf leaving; /* the MEMORY chunk that `writer` compresses and writes meanwhile */
	pthread_t writer;
	bool is_writing;
	struct trace_unread *unread;
	size_t nunread;
	uint64_t absent; /* a page of the program's own memory that does not exist; 0: none seen */
};

static void put(struct snapshot *s, enum lg_chunk_kind kind, struct buf *out)
{
	image_put(s->image, kind, out);
	buf_clear(out);
	s->request.breathe(s->request.context);
}

static void put_preface(struct snapshot *s);

/* ---- mappings ---------------------------------------------------------------------------------------- */

static bool is_shim(const struct snapshot *s, const struct trace_mapping *m)
{
	const struct lg_area *a = s->image->area;

	if (!strncmp(m->path, "/memfd:leakgraph", 16))
		return true;
	for (unsigned i = 0; i < LG_SHIM_RANGES; i++)
		if (m->start >= a->shim_ranges[i].start && m->start < a->shim_ranges[i].end)
			return true;
	return false;
}

static bool is_kernel_page(const struct trace_mapping *m)
{
	return !strncmp(m->path, "[v", 2); /* [vvar], [vdso], [vsyscall], [vvar_vclock] */
}

/* Relocated read-only data: the read-only part of a module's writable segment, mapped right before the rest. */
static bool is_relro(const struct snapshot *s, size_t i)
{
	const struct trace_mapping *m = &s->mappings[i], *next = m + 1;

	return m->path[0] == '/' && m->prot == PROT_READ && i + 1 < s->nmappings && next->start == m->end &&
	       next->prot & PROT_WRITE && !strcmp(next->path, m->path);
}

static bool holds_references(const struct snapshot *s, size_t i)
{
	const struct trace_mapping *m = &s->mappings[i];

	if (is_shim(s, m) || is_kernel_page(m) || !strncmp(m->path, "/dev/", 5))
		return !strncmp(m->path, "/dev/zero", 9);
	if (m->prot & PROT_WRITE)
		return true;
	if (m->flags & LG_MAPPING_SHARED)
		return false;
	return !m->path[0] || m->path[0] == '[' || is_relro(s, i);
}

static void mark_mappings(struct snapshot *s)
{
	for (size_t i = 0; i < s->nmappings; i++) {
		if (is_shim(s, &s->mappings[i]))
			s->mappings[i].flags |= LG_MAPPING_SHIM;
		if (holds_references(s, i))
			s->mappings[i].flags |= LG_MAPPING_READ;
	}
}

/* Made when it is needed: of a small memory that is when the target has gone on. */
static bool has_mapped(struct snapshot *s)
{
	if (!s->mapped)
		s->mapped = mapped_new(s->mappings, s->nmappings);
	return s->mapped;
}

/* ---- memory ------------------------------------------------------------------------------------------ */

static void *write_leaving(void *context)
{
	struct snapshot *s = context;

	image_put(s->image, LG_CHUNK_MEMORY, &s->leaving);
	return NULL;
}

/* From here on the image's file is this thread's again. */
static void finish_writing(struct snapshot *s)
{
	if (s->is_writing)
		pthread_join(s->writer, NULL);
	s->is_writing = false;
}

/* The target stands still: while one chunk is compressed, the next is read. */
static void begin_writing(struct snapshot *s)
{
	struct buf swap;

	finish_writing(s);
	swap = s->leaving;
	s->leaving = s->payload;
	s->payload = swap;
	s->is_writing = !pthread_create(&s->writer, NULL, write_leaving, s);
	if (!s->is_writing)
		write_leaving(s);
}

static void fill_payload(struct snapshot *s)
{
	buf_clear(&s->payload);
	s->payload.failed |= s->is_short;
	if (!s->is_short)
		put_memory(&s->payload, s->ranges, s->nranges, s->words);
	s->nranges = s->kept_bytes = 0;
}

static void flush_memory(struct snapshot *s)
{
	if (!s->is_begun)
		put_preface(s);
	fill_payload(s);
	begin_writing(s);
	s->request.breathe(s->request.context);
}

/* What is left is mostly all there is: not worth a thread. */
static void flush_last_memory(struct snapshot *s)
{
	finish_writing(s);
	if (!s->nranges && !s->is_short)
		return;
	fill_payload(s);
	put(s, LG_CHUNK_MEMORY, &s->payload);
}

static bool add_range(struct snapshot *s, uint64_t start)
{
	if (s->nranges == s->ranges_room) {
		size_t room = s->ranges_room ? s->ranges_room * 2 : 256;
		struct trace_memory *grown = realloc(s->ranges, room * sizeof *grown);

		s->is_short |= !grown;
		if (!grown)
			return false;
		s->ranges = grown;
		s->ranges_room = room;
	}
	s->ranges[s->nranges++] = (struct trace_memory){ .start = start };
	return true;
}

/* Closes the gap that pages which were dropped have left before it. */
static void keep_page(struct snapshot *s, uint64_t start, const uint64_t *words)
{
	struct trace_memory *last = s->nranges ? &s->ranges[s->nranges - 1] : NULL;
	uint64_t *to = s->words + s->kept_bytes / 8;

	if ((!last || last->start + last->bytes != start) && !add_range(s, start))
		return;
	s->ranges[s->nranges - 1].bytes += LG_PAGE;
	if (to != words)
		memmove(to, words, LG_PAGE);
	s->kept_bytes += LG_PAGE;
}

static void add_unread(struct snapshot *s, uint64_t start, uint64_t end, int error)
{
	struct trace_unread *last = s->nunread ? &s->unread[s->nunread - 1] : NULL;

	s->meta.bytes_unread += end - start;
	if (last && last->end == start && last->error == error) {
		last->end = end;
		return;
	}
	struct trace_unread *grown = realloc(s->unread, (s->nunread + 1) * sizeof *grown);
	if (!grown)
		return;
	s->unread = grown;
	s->unread[s->nunread++] = (struct trace_unread){ start, end, error };
}

/* Drops what is neither an address nor a small number. False when nothing is left. */
static bool filter_page(const struct mapped *mapped, uint64_t *words)
{
	uint64_t left = 0;

	for (size_t i = 0; i < LG_PAGE / 8; i++) {
		bool is_kept = lg_is_small(words[i]) | mapped_has(mapped, words[i] & LG_ADDRESS_BITS);

		words[i] &= -(uint64_t)is_kept;
		left |= words[i];
	}
	return left != 0;
}

static bool is_empty(const uint64_t *page)
{
	return !page[0] && !memcmp(page, page + 1, LG_PAGE - 8);
}

/* Looks at what was read, and begins the next batch. */
static void keep_batch(struct snapshot *s)
{
	uint64_t *words = s->words + s->kept_bytes / 8;
	bool is_full = s->request.full_contents;

	if (!is_full && !has_mapped(s)) {
		s->is_short = true;
		s->batch.nruns = 0;
	}
	for (const struct iovec *run = s->batch.runs; run < s->batch.runs + s->batch.nruns; run++)
		for (uint64_t at = 0; at < run->iov_len; at += LG_PAGE, words += LG_PAGE / 8)
			if (is_full ? !is_empty(words) : filter_page(s->mapped, words))
				keep_page(s, (uint64_t)run->iov_base + at, words);
	s->batch.bytes = s->batch.nruns = 0;
	if (s->kept_bytes >= CHUNK_BYTES)
		flush_memory(s);
}

/* ---- reading ----------------------------------------------------------------------------------------- */

/* A few bytes by themselves. */
static bool read_bytes(const void *context, uint64_t start, void *to, size_t bytes)
{
	const struct snapshot *s = context;

	return space_read(&s->image->space, s->tid, start, to, bytes);
}

static bool read_runs(const struct snapshot *s, const struct iovec *runs, size_t n, void *to, size_t bytes)
{
	struct iovec local = { to, bytes };

	return process_vm_readv((pid_t)s->tid, &local, 1, runs, n, 0) == (ssize_t)bytes;
}

/* One run by itself, and where that fails page by page. What cannot be read counts as zeros. */
static void read_run(struct snapshot *s, const struct iovec *run, uint64_t *words)
{
	if (read_bytes(s, (uint64_t)run->iov_base, words, run->iov_len)) {
		s->meta.bytes_read += run->iov_len;
		return;
	}
	if (run->iov_len == LG_PAGE) {
		add_unread(s, (uint64_t)run->iov_base, (uint64_t)run->iov_base + LG_PAGE, errno);
		memset(words, 0, LG_PAGE);
		return;
	}
	for (uint64_t at = 0; at < run->iov_len; at += LG_PAGE) {
		struct iovec page = { (char *)run->iov_base + at, LG_PAGE };

		read_run(s, &page, words + at / 8);
	}
}

static void read_batch(struct snapshot *s)
{
	struct batch *b = &s->batch;
	uint64_t *words = hoard_place(s->request.hoard, b->bytes);

	s->is_aside = words;
	if (!words)
		words = s->words + s->kept_bytes / 8;
	bool is_read = read_runs(s, b->runs, b->nruns, words, b->bytes);

	s->meta.bytes_read += is_read ? b->bytes : 0;
	for (const struct iovec *run = b->runs; run < b->runs + b->nruns; run++) {
		if (!is_read)
			read_run(s, run, words);
		if (s->kept)
			kept_look(s->kept, words, run->iov_len / 8, (uint64_t)run->iov_base);
		words += run->iov_len / 8;
	}
}

/* The batch that was read is put aside, or looked at. */
static void finish_batch(struct snapshot *s)
{
	struct batch *b = &s->batch;

	if (!s->is_aside) {
		keep_batch(s);
		return;
	}
	s->is_short |= !hoard_keep(s->request.hoard, b->runs, b->nruns, b->bytes);
	b->bytes = b->nruns = 0;
}

/* Batch by batch as they were read. */
static void keep_hoard(struct snapshot *s)
{
	const struct hoard *h = s->request.hoard;
	const struct iovec *runs = h->runs;
	const char *bytes = h->bytes;

	for (size_t i = 0; i < h->nbatches; i++) {
		const struct hoard_batch *from = &h->batches[i];

		memcpy(s->words + s->kept_bytes / 8, bytes, from->bytes);
		memcpy(s->batch.runs, runs, from->nruns * sizeof *runs);
		s->batch.bytes = from->bytes;
		s->batch.nruns = from->nruns;
		bytes += from->bytes;
		runs += from->nruns;
		keep_batch(s);
	}
}

static void add_page(struct snapshot *s, uint64_t addr)
{
	struct batch *b = &s->batch;
	struct iovec *last = b->nruns ? &b->runs[b->nruns - 1] : NULL;
	bool joins = last && (uint64_t)last->iov_base + last->iov_len == addr;

	if (b->bytes == BATCH_BYTES || (!joins && b->nruns == BATCH_RUNS)) {
		read_batch(s);
		finish_batch(s);
		joins = false;
	}
	if (joins)
		last->iov_len += LG_PAGE;
	else
		b->runs[b->nruns++] = (struct iovec){ (void *)addr, LG_PAGE };
	b->bytes += LG_PAGE;
}

/* Bits 63 (present) and 62 (swapped) of the kernel's pagemap; where it cannot be read all pages may exist, but for
 * guards. */
static bool page_exists(struct snapshot *s, const struct trace_mapping *m, uint64_t addr)
{
	struct pagemap *map = &s->pagemap;
	uint64_t page = addr / LG_PAGE;

	if (!map->is_silent && page - map->first >= map->count) {
		uint64_t pages = (m->end - addr) / LG_PAGE;
		pages = pages < PAGEMAP_LEAST ? PAGEMAP_LEAST : pages < PAGEMAP_PAGES ? pages : PAGEMAP_PAGES;

		map->first = page;
		map->count = space_pages(&s->image->space, addr, pages, map->entries);
		map->is_silent = !map->count;
	}
	return map->is_silent ? m->prot != PROT_NONE : map->entries[page - map->first] >> 62;
}

/* Pages of the heap in which nothing lives are as good as absent. */
static void read_mapping(struct snapshot *s, const struct trace_mapping *m)
{
	bool is_followed = s->heap_walk.live && !strcmp(m->path, "[heap]");

	for (uint64_t at = m->start; at < m->end; at += LG_PAGE) {
		bool exists = page_exists(s, m, at);

		if (exists && (!is_followed || live_needs_page(&s->heap_walk, at)))
			add_page(s, at);
		else if (!exists && m->prot == (PROT_READ | PROT_WRITE) && m->path[0] != '/')
			s->absent = at;
	}
}

/* Of a process that it kills for want of memory, the kernel soon takes the memory away, while it is held at its end or
 * before. Pages that never were can then no longer be read as zeros (Linux mm/oom_kill.c, MMF_UNSTABLE). */
static bool was_reaped(const struct snapshot *s)
{
	uint64_t word;

	return s->request.reason == LG_SNAPSHOT_SIGNAL && s->absent &&
	       !read_bytes(s, s->absent, &word, sizeof word);
}

static void read_memory(struct snapshot *s)
{
	for (size_t i = 0; i < s->nmappings; i++)
		if (s->mappings[i].flags & LG_MAPPING_READ)
			read_mapping(s, &s->mappings[i]);
	read_batch(s);
	if (s->is_aside)
		finish_batch(s);
	if (was_reaped(s))
		s->trouble = "out of memory, the kernel took it away before it was read";
}

/* ---- threads ----------------------------------------------------------------------------------------- */

static void general_registers(struct trace_thread *t, const struct user_regs_struct *r)
{
	const uint64_t regs[LG_REGS] = { r->rax, r->rdx, r->rcx, r->rbx, r->rsi, r->rdi,
					 r->rbp, r->rsp, r->r8,	 r->r9,	 r->r10, r->r11,
					 r->r12, r->r13, r->r14, r->r15, r->rip };

	memcpy(t->regs, regs, sizeof regs);
	t->nregs = LG_REGS;
	t->fs_base = r->fs_base;
}

/* The XSAVE area (Intel SDM 1, 13.4): xmm0..15 at byte 160, its header at 512, the extended parts from 576. */
static void vector_registers(struct trace_thread *t)
{
	static uint64_t area[16 * 1024 / 8];
	struct iovec io = { area, sizeof area };

	if (ptrace(PTRACE_GETREGSET, t->tid, (void *)NT_X86_XSTATE, &io) || io.iov_len < 416)
		return;
	size_t extended = io.iov_len > 576 ? (io.iov_len - 576) / 8 : 0;
	t->vector = malloc((32 + extended) * 8);
	if (!t->vector) {
		t->flags &= ~(uint32_t)LG_THREAD_STOPPED; /* not all registers are known */
		return;
	}
	memcpy(t->vector, area + 160 / 8, 32 * 8);
	memcpy(t->vector + 32, area + 576 / 8, extended * 8);
	t->nvector = 32 + (uint32_t)extended;
}

/* What the thread itself takes for its id. */
static uint32_t own_tid(const struct snapshot *s, uint32_t tid)
{
	return s->image->is_elsewhere ? proc_inner_tid(s->image->pid, tid) : tid;
}

/* The thread that called exit or exec, or returned from main: the shim knows what it was called with. */
static bool is_at_exit(const struct snapshot *s, uint32_t tid)
{
	const struct lg_area *a = s->image->area;

	return atomic_load(&a->exiting) && a->exit_tid == own_tid(s, tid);
}

static void registers_of_stopped(const struct snapshot *s, struct trace_thread *t)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, t->tid, NULL, &regs))
		return;
	general_registers(t, &regs);
	t->flags |= LG_THREAD_STOPPED;
	if (is_at_exit(s, t->tid))
		return;
	if (caller_of_libc(s->mappings, s->nmappings, t, regs.orig_rax))
		t->flags |= LG_THREAD_IN_CALL;
	else
		vector_registers(t);
}

static void describe_thread(struct snapshot *s, uint32_t tid, bool stopped, struct trace_thread *t)
{
	*t = (struct trace_thread){ .tid = tid,
				    .number = drain_thread_number(&s->image->drain, own_tid(s, tid)) };
	if (stopped)
		registers_of_stopped(s, t);
	if (is_at_exit(s, tid)) {
		memcpy(t->regs, s->image->area->exit_regs, sizeof t->regs);
		t->fs_base = s->image->area->exit_fs_base;
		t->nregs = LG_REGS;
		t->flags |= LG_THREAD_AT_EXIT;
	}
	for (size_t i = 0; i < t->nvector; i++)
		if (lg_is_small(t->vector[i]) || !has_mapped(s) || !mapped_has(s->mapped, t->vector[i]))
			t->vector[i] = 0;
}

static bool is_stopped(const struct snapshot *s, uint32_t tid)
{
	for (size_t i = 0; i < s->follower->count; i++)
		if (s->follower->tracees[i].tid == tid)
			return s->request.stopped &&
			       (s->follower->tracees[i].held || s->follower->tracees[i].stopped);
	return false;
}

/* A thread that has ended but stays listed: the first one, after pthread_exit. */
static bool is_dead(const struct snapshot *s, uint32_t tid)
{
	for (size_t i = 0; i < s->follower->count; i++)
		if (s->follower->tracees[i].tid == tid)
			return s->follower->tracees[i].dead;
	return proc_thread_ended(s->image->pid, tid);
}

/* The process's threads, those that are not stopped among them. */
static void take_threads(struct snapshot *s)
{
	char path[64];
	const struct dirent *entry;

	snprintf(path, sizeof path, "/proc/%u/task", s->tid);
	DIR *tasks = opendir(path);
	if (!tasks)
		s->trouble = strerror(errno);
	while (tasks && (entry = readdir(tasks))) {
		uint32_t tid = (uint32_t)strtoul(entry->d_name, NULL, 10);

		if (!tid || is_dead(s, tid))
			continue;
		struct trace_thread *grown = realloc(s->threads, (s->nthreads + 1) * sizeof *grown);
		if (!grown) {
			s->trouble = "out of memory";
			break;
		}
		s->threads = grown;
		struct trace_thread *t = &grown[s->nthreads++];
		describe_thread(s, tid, is_stopped(s, tid), t);
		s->meta.threads_seen++;
		s->meta.threads_stopped += (t->flags & LG_THREAD_STOPPED) != 0;
	}
	if (tasks)
		closedir(tasks);
}

/* ---- the whole --------------------------------------------------------------------------------------- */

/* A thread of the process that still has its memory: the first one may be gone (pthread_exit in main). */
static uint32_t live_thread(const struct follower *f, uint32_t pid)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->tracees[i].tgid == pid && (f->tracees[i].held || f->tracees[i].stopped))
			return f->tracees[i].tid;
	return pid;
}

/* What stands before the memory in the file. */
static void put_preface(struct snapshot *s)
{
	struct buf out = { 0 };

	s->is_begun = true;
	image_write(s->image);
	s->meta.events = s->image->events_written;
	put_snapshot(&out, &s->meta);
	put(s, LG_CHUNK_SNAPSHOT, &out);
	put_threads(&out, s->threads, s->nthreads);
	put(s, LG_CHUNK_THREADS, &out);
	put_mappings(&out, s->mappings, s->nmappings);
	put(s, LG_CHUNK_MAPPINGS, &out);
	buf_free(&out);
}

static void put_rest(struct snapshot *s)
{
	struct buf out = { 0 };

	keep_batch(s);
	if (s->request.hoard)
		keep_hoard(s);
	flush_last_memory(s);
	put_held(&out, s->held, s->nheld);
	if (s->nheld)
		put(s, LG_CHUNK_HELD, &out);
	buf_clear(&out);
	while (s->kept && kept_put(s->kept, &s->payload))
		put(s, LG_CHUNK_KEPT, &s->payload);
	put_unread(&out, s->unread, s->nunread);
	put(s, LG_CHUNK_UNREAD, &out);
	if (s->is_short)
		s->trouble = "out of memory";
	if (s->trouble) {
		image_degrade(s->image, "the snapshot is not whole: %s", s->trouble);
	} else {
		put_snapshot_end(&out, &s->meta);
		put(s, LG_CHUNK_SNAPSHOT_END, &out);
	}
	buf_free(&out);
}

static void snapshot_free(struct snapshot *s)
{
	mapped_free(s->mapped, s->nmappings);
	proc_mappings_free(s->mappings, s->nmappings);
	for (size_t i = 0; i < s->nthreads; i++)
		free(s->threads[i].vector);
	free(s->threads);
	free(s->words);
	hoard_free(s->request.hoard);
	kept_free(s->kept);
	free(s->held);
	free(s->ranges);
	free(s->unread);
	buf_free(&s->payload);
	buf_free(&s->leaving);
	free(s);
}

static void take(struct snapshot *s, const struct segment *segment)
{
	s->tid = live_thread(s->follower, s->image->pid);
	image_take(s->image);
	s->meta.id = ++s->image->snapshots;
	s->meta.key = segment_key(segment);
	s->meta.reason = s->request.reason;
	s->meta.method = s->image->space.window ? LG_METHOD_COOPERATIVE
			 : s->request.stopped	? LG_METHOD_PTRACE
						: LG_METHOD_READ;
	s->heap_walk.live = s->request.full_contents ? NULL : image_live(s->image);
	if (!s->image->space.window)
		space_open(&s->image->space, s->tid);
	s->mappings = space_mappings(&s->image->space, &s->nmappings);
	mark_mappings(s);
	s->words = malloc(CHUNK_BYTES + BATCH_BYTES);
	if (!s->words)
		return;
	take_threads(s);
	s->held = proc_held(s->tid, &s->nheld);
	if (!s->request.full_contents)
		s->kept = kept_open(s->mappings, s->nmappings, read_bytes, s);
	read_memory(s);
}

struct snapshot *snapshot_take(struct image *i, const struct segment *segment, const struct follower *f,
			       const struct snapshot_request *request)
{
	struct snapshot *s = calloc(1, sizeof *s);

	if (!s) {
		image_degrade(i, "no snapshot: the recorder ran out of memory");
		hoard_free(request->hoard);
		return NULL;
	}
	s->image = i;
	s->follower = f;
	s->request = *request;
	take(s, segment);
	return s;
}

void snapshot_write(struct snapshot *s)
{
	if (!s)
		return;
	if (!s->nmappings) {
		image_degrade(s->image, "no snapshot: /proc/%u/maps cannot be read", s->tid);
	} else if (!s->words) {
		image_degrade(s->image, "no snapshot: the recorder ran out of memory");
	} else {
		if (!s->is_begun)
			put_preface(s);
		put_rest(s);
	}
	snapshot_free(s);
}
