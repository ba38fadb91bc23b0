/* snapshot.c: see snapshot.h.
 *
 * Reads only pages that exist (pagemap: present or swapped), of mappings that can hold references: writable ones,
 * read-only anonymous ones, and the relocated read-only data of modules. Unless told otherwise, every word that is
 * neither an address of mapped memory nor a small integer is dropped before it reaches the file; pages without any
 * word left are not written. Pages of the heap that hold nothing alive are not read: their words are dead. */
#include "record/snapshot.h"

#include "record/caller.h"
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

#define ASKED_PAGES 4096u
#define ZONE_SHIFT 32
#define ZONES ((LG_ADDRESS_BITS >> ZONE_SHIFT) + 1)

struct job {
	struct image *image;
	const struct segment *segment;
	const struct follower *follower;
	const struct snapshot_request *request;
	uint32_t tid; /* a thread through which /proc shows the address space */
	int mem_fd, pagemap_fd;
	struct live_walk heap_walk; /* over what the heap still holds; live NULL: read all of it */
	struct trace_snapshot meta;
	struct trace_mapping *mappings;
	size_t nmappings;
	struct trace_memory *ranges; /* of the MEMORY chunk being filled */
	size_t nranges, ranges_room;
	struct buf bytes; /* words of the ranges */
	struct buf payload; /* of the chunk that they become */
	struct buf leaving; /* the MEMORY chunk that `writer` compresses and writes meanwhile */
	pthread_t writer;
	bool is_writing;
	struct trace_unread *unread;
	size_t nunread;
	uint64_t asked[ASKED_PAGES]; /* by page: its number << 1 | whether it is mapped; page 0 is not */
	uint8_t zones[ZONES]; /* by 4 GiB of addresses: whether anything is mapped there */
};

static void put(struct job *j, enum lg_chunk_kind kind, struct buf *out)
{
	image_put(j->image, kind, out);
	buf_clear(out);
	j->request->breathe(j->request->context);
}

/* ---- mappings ---------------------------------------------------------------------------------------- */

static bool is_shim(const struct job *j, const struct trace_mapping *m)
{
	const struct lg_area *a = j->image->area;

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
static bool is_relro(const struct job *j, size_t i)
{
	const struct trace_mapping *m = &j->mappings[i], *next = m + 1;

	return m->path[0] == '/' && m->prot == PROT_READ && i + 1 < j->nmappings && next->start == m->end &&
	       next->prot & PROT_WRITE && !strcmp(next->path, m->path);
}

static bool holds_references(const struct job *j, size_t i)
{
	const struct trace_mapping *m = &j->mappings[i];

	if (is_shim(j, m) || is_kernel_page(m) || !strncmp(m->path, "/dev/", 5))
		return !strncmp(m->path, "/dev/zero", 9);
	if (m->prot & PROT_WRITE)
		return true;
	if (m->flags & LG_MAPPING_SHARED)
		return false;
	return !m->path[0] || m->path[0] == '[' || is_relro(j, i);
}

static void mark_zones(struct job *j, const struct trace_mapping *m)
{
	for (uint64_t zone = m->start >> ZONE_SHIFT; zone <= (m->end - 1) >> ZONE_SHIFT && zone < ZONES;
	     zone++)
		j->zones[zone] = 1;
}

static void mark_mappings(struct job *j)
{
	for (size_t i = 0; i < j->nmappings; i++) {
		if (is_shim(j, &j->mappings[i]))
			j->mappings[i].flags |= LG_MAPPING_SHIM;
		if (holds_references(j, i))
			j->mappings[i].flags |= LG_MAPPING_READ;
		mark_zones(j, &j->mappings[i]);
	}
}

static bool is_in_a_mapping(const struct job *j, uint64_t value)
{
	size_t low = 0, high = j->nmappings;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (j->mappings[middle].end <= value)
			low = middle + 1;
		else
			high = middle;
	}
	return low < j->nmappings && value >= j->mappings[low].start;
}

/* Words point at the same few pages again and again. */
static bool is_mapped(struct job *j, uint64_t value)
{
	uint64_t page = value / LG_PAGE, *asked = &j->asked[page % ASKED_PAGES];

	if (*asked >> 1 != page)
		*asked = page << 1 | is_in_a_mapping(j, value);
	return *asked & 1;
}

/* ---- memory ------------------------------------------------------------------------------------------ */

#define BLOCK_BYTES (1u << 20)

static void *write_leaving(void *context)
{
	struct job *j = context;

	image_put(j->image, LG_CHUNK_MEMORY, &j->leaving);
	return NULL;
}

/* From here on the image's file is this thread's again. */
static void finish_writing(struct job *j)
{
	if (j->is_writing)
		pthread_join(j->writer, NULL);
	j->is_writing = false;
}

/* The target stands still: while one chunk is compressed, the next is read. */
static void begin_writing(struct job *j)
{
	struct buf swap;

	finish_writing(j);
	swap = j->leaving;
	j->leaving = j->payload;
	j->payload = swap;
	j->is_writing = !pthread_create(&j->writer, NULL, write_leaving, j);
	if (!j->is_writing)
		write_leaving(j);
}

static void fill_payload(struct job *j)
{
	buf_clear(&j->payload);
	put_memory(&j->payload, j->ranges, j->nranges, (const uint64_t *)j->bytes.bytes);
	j->payload.failed |= j->bytes.failed;
	buf_clear(&j->bytes);
	j->nranges = 0;
}

static void flush_memory(struct job *j)
{
	fill_payload(j);
	begin_writing(j);
	j->request->breathe(j->request->context);
}

/* What is left is mostly all there is: not worth a thread. */
static void flush_last_memory(struct job *j)
{
	finish_writing(j);
	if (!j->nranges)
		return;
	fill_payload(j);
	put(j, LG_CHUNK_MEMORY, &j->payload);
}

static void add_range(struct job *j, uint64_t start, const uint64_t *words, uint64_t bytes)
{
	struct trace_memory *last = j->nranges ? &j->ranges[j->nranges - 1] : NULL;

	if (last && last->start + last->bytes == start) {
		last->bytes += bytes;
	} else {
		if (j->nranges == j->ranges_room) {
			size_t room = j->ranges_room ? j->ranges_room * 2 : 256;
			struct trace_memory *grown = realloc(j->ranges, room * sizeof *grown);

			if (!grown) {
				j->bytes.failed = true;
				return;
			}
			j->ranges = grown;
			j->ranges_room = room;
		}
		j->ranges[j->nranges++] = (struct trace_memory){ .start = start, .bytes = bytes };
	}
	buf_put(&j->bytes, words, bytes);
	if (j->bytes.used >= LG_CHUNK_RAW_MAX / 2)
		flush_memory(j);
}

static void add_unread(struct job *j, uint64_t start, uint64_t end, int error)
{
	struct trace_unread *last = j->nunread ? &j->unread[j->nunread - 1] : NULL;

	j->meta.bytes_unread += end - start;
	if (last && last->end == start && last->error == error) {
		last->end = end;
		return;
	}
	struct trace_unread *grown = realloc(j->unread, (j->nunread + 1) * sizeof *grown);
	if (!grown)
		return;
	j->unread = grown;
	j->unread[j->nunread++] = (struct trace_unread){ start, end, error };
}

/* Of text and other numbers nearly all lie, as addresses, where nothing at all is mapped. */
static bool is_address(struct job *j, uint64_t value)
{
	value &= LG_ADDRESS_BITS;
	return j->zones[value >> ZONE_SHIFT] && is_mapped(j, value);
}

/* Drops what is neither an address nor a small number. False when nothing is left. */
static bool filter_page(struct job *j, uint64_t *words, size_t n)
{
	uint64_t left = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t v = words[i];

		if (!lg_is_small(v) && !j->request->full_contents && !is_address(j, v))
			words[i] = v = 0;
		left |= v;
	}
	return left != 0;
}

/* process_vm_readv, or /proc/PID/mem for what has lost its read permission. */
static bool read_bytes(const struct job *j, uint64_t start, void *to, size_t bytes)
{
	struct iovec local = { to, bytes }, remote = { (void *)start, bytes };

	if (process_vm_readv((pid_t)j->tid, &local, 1, &remote, 1, 0) == (ssize_t)bytes)
		return true;
	return j->mem_fd >= 0 && pread(j->mem_fd, to, bytes, (off_t)start) == (ssize_t)bytes;
}

static void read_block(struct job *j, uint64_t start, uint64_t bytes, uint64_t *words)
{
	if (!read_bytes(j, start, words, bytes)) {
		int error = errno;

		if (bytes == LG_PAGE) {
			add_unread(j, start, start + bytes, error);
			return;
		}
		for (uint64_t at = 0; at < bytes; at += LG_PAGE)
			read_block(j, start + at, LG_PAGE, words);
		return;
	}
	j->meta.bytes_read += bytes;
	for (uint64_t at = 0; at < bytes; at += LG_PAGE)
		if (filter_page(j, words + at / 8, LG_PAGE / 8))
			add_range(j, start + at, words + at / 8, LG_PAGE);
}

/* Which of the next pages exist at all: bits 63 (present) and 62 (swapped) of the kernel's pagemap. */
static size_t read_pagemap(const struct job *j, uint64_t start, size_t pages, uint64_t *entries)
{
	ssize_t n =
	    j->pagemap_fd < 0 ? -1 : pread(j->pagemap_fd, entries, pages * 8, (off_t)(start / LG_PAGE * 8));

	return n > 0 ? (size_t)n / 8 : 0;
}

/* Pages of the heap in which nothing lives are as good as absent. */
static void pass_over_dead(struct job *j, uint64_t start, size_t pages, uint64_t *entries)
{
	for (size_t i = 0; i < pages; i++)
		if (!live_needs_page(&j->heap_walk, start + i * LG_PAGE))
			entries[i] = 0;
}

static void read_mapping(struct job *j, const struct trace_mapping *m, uint64_t *words)
{
	static uint64_t entries[BLOCK_BYTES / LG_PAGE];

	for (uint64_t at = m->start; at < m->end; at += BLOCK_BYTES) {
		size_t pages = (size_t)((m->end - at < BLOCK_BYTES ? m->end - at : BLOCK_BYTES) / LG_PAGE);
		size_t known = read_pagemap(j, at, pages, entries);

		if (j->heap_walk.live && !strcmp(m->path, "[heap]"))
			pass_over_dead(j, at, known, entries);
		for (size_t i = 0, run; i < pages; i += run) {
			bool exists = i >= known || entries[i] >> 62;

			for (run = 1; i + run < pages; run++)
				if ((i + run >= known || entries[i + run] >> 62) != exists)
					break;
			if (exists)
				read_block(j, at + i * LG_PAGE, run * LG_PAGE, words);
		}
	}
}

static void read_memory(struct job *j)
{
	uint64_t *words = malloc(BLOCK_BYTES);

	for (size_t i = 0; words && i < j->nmappings; i++)
		if (j->mappings[i].flags & LG_MAPPING_READ)
			read_mapping(j, &j->mappings[i], words);
	flush_last_memory(j);
	free(words);
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
	if (!t->vector)
		return;
	memcpy(t->vector, area + 160 / 8, 32 * 8);
	memcpy(t->vector + 32, area + 576 / 8, extended * 8);
	t->nvector = 32 + (uint32_t)extended;
}

/* The thread that called exit or exec, or returned from main: the shim knows what it was called with. */
static bool is_at_exit(const struct job *j, uint32_t tid)
{
	const struct lg_area *a = j->image->area;

	return atomic_load(&a->exiting) && a->exit_tid == tid;
}

static void registers_of_stopped(const struct job *j, struct trace_thread *t)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, t->tid, NULL, &regs))
		return;
	general_registers(t, &regs);
	t->flags |= LG_THREAD_STOPPED;
	if (is_at_exit(j, t->tid))
		return;
	if (caller_of_libc(j->mappings, j->nmappings, t, regs.orig_rax))
		t->flags |= LG_THREAD_IN_CALL;
	else
		vector_registers(t);
}

static void describe_thread(struct job *j, uint32_t tid, bool stopped, struct trace_thread *t)
{
	*t = (struct trace_thread){ .tid = tid, .number = drain_thread_number(&j->image->drain, tid) };
	if (stopped)
		registers_of_stopped(j, t);
	if (is_at_exit(j, tid)) {
		memcpy(t->regs, j->image->area->exit_regs, sizeof t->regs);
		t->fs_base = j->image->area->exit_fs_base;
		t->nregs = LG_REGS;
		t->flags |= LG_THREAD_AT_EXIT;
	}
	for (size_t i = 0; i < t->nvector; i++)
		if (lg_is_small(t->vector[i]) || !is_mapped(j, t->vector[i]))
			t->vector[i] = 0;
}

static bool is_stopped(const struct job *j, uint32_t tid)
{
	for (size_t i = 0; i < j->follower->count; i++)
		if (j->follower->tracees[i].tid == tid)
			return j->request->stopped &&
			       (j->follower->tracees[i].held || j->follower->tracees[i].stopped);
	return false;
}

/* A thread that has ended but stays listed: the first one, after pthread_exit. */
static bool is_dead(const struct job *j, uint32_t tid)
{
	for (size_t i = 0; i < j->follower->count; i++)
		if (j->follower->tracees[i].tid == tid)
			return j->follower->tracees[i].dead;
	return false;
}

static void put_thread_list(struct job *j)
{
	char path[64];
	struct buf out = { 0 };
	struct trace_thread *threads = NULL;
	size_t n = 0;
	const struct dirent *entry;

	snprintf(path, sizeof path, "/proc/%u/task", j->tid);
	DIR *tasks = opendir(path);
	while (tasks && (entry = readdir(tasks))) {
		uint32_t tid = (uint32_t)strtoul(entry->d_name, NULL, 10);
		struct trace_thread *grown;

		if (!tid || is_dead(j, tid) || !(grown = realloc(threads, (n + 1) * sizeof *grown)))
			continue;
		threads = grown;
		describe_thread(j, tid, is_stopped(j, tid), &threads[n]);
		j->meta.threads_seen++;
		j->meta.threads_stopped += (threads[n].flags & LG_THREAD_STOPPED) != 0;
		n++;
	}
	if (tasks)
		closedir(tasks);
	put_threads(&out, threads, n);
	put(j, LG_CHUNK_THREADS, &out);
	buf_free(&out);
	for (size_t i = 0; i < n; i++)
		free(threads[i].vector);
	free(threads);
}

/* ---- the whole --------------------------------------------------------------------------------------- */

/* A thread of the process that still has its memory: the first one may be gone (pthread_exit in main). */
static uint32_t live_thread(const struct job *j, uint32_t pid)
{
	for (size_t i = 0; i < j->follower->count; i++) {
		const struct tracee *t = &j->follower->tracees[i];

		if (t->tgid == pid && (t->held || t->stopped))
			return t->tid;
	}
	return pid;
}

static void put_meta(struct job *j, enum lg_chunk_kind kind,
		     void (*encode)(struct buf *, const struct trace_snapshot *))
{
	struct buf out = { 0 };

	encode(&out, &j->meta);
	put(j, kind, &out);
	buf_free(&out);
}

static void put_address_space(struct job *j)
{
	struct buf out = { 0 };

	put_mappings(&out, j->mappings, j->nmappings);
	put(j, LG_CHUNK_MAPPINGS, &out);
	buf_free(&out);
}

static void put_unread_ranges(struct job *j)
{
	struct buf out = { 0 };

	put_unread(&out, j->unread, j->nunread);
	put(j, LG_CHUNK_UNREAD, &out);
	buf_free(&out);
}

static void put_held_words(struct job *j)
{
	struct buf out = { 0 };
	size_t n;
	struct trace_held *held = proc_held(j->tid, &n);

	put_held(&out, held, n);
	if (n)
		put(j, LG_CHUNK_HELD, &out);
	buf_free(&out);
	free(held);
}

static void job_free(struct job *j)
{
	proc_mappings_free(j->mappings, j->nmappings);
	free(j->ranges);
	free(j->unread);
	buf_free(&j->bytes);
	buf_free(&j->payload);
	buf_free(&j->leaving);
	if (j->mem_fd >= 0)
		close(j->mem_fd);
	if (j->pagemap_fd >= 0)
		close(j->pagemap_fd);
}

void snapshot_take(struct image *i, const struct segment *s, const struct follower *f,
		   const struct snapshot_request *request)
{
	struct job j = { .image = i, .segment = s, .follower = f, .request = request };

	j.tid = live_thread(&j, i->pid);
	j.mem_fd = proc_open(j.tid, "mem");
	j.pagemap_fd = proc_open(j.tid, "pagemap");
	image_flush(i);
	j.meta.id = ++i->snapshots;
	j.meta.key = segment_key(s);
	j.meta.reason = request->reason;
	j.meta.method = request->stopped ? LG_METHOD_PTRACE : LG_METHOD_READ;
	j.meta.events = i->events_written;
	j.heap_walk.live = request->full_contents ? NULL : image_live(i);
	j.mappings = proc_mappings(j.tid, &j.nmappings);
	if (!j.nmappings) {
		image_degrade(i, "no snapshot: /proc/%u/maps cannot be read", j.tid);
	} else {
		mark_mappings(&j);
		put_meta(&j, LG_CHUNK_SNAPSHOT, put_snapshot);
		put_thread_list(&j);
		put_address_space(&j);
		put_held_words(&j);
		read_memory(&j);
		put_unread_ranges(&j);
		put_meta(&j, LG_CHUNK_SNAPSHOT_END, put_snapshot_end);
	}
	job_free(&j);
}
