/* encode.c: the payload of every chunk kind but EVENTS (encoder.c). The fields and their order are format.h's. */
#include "trace/trace.h"

void put_process(struct buf *out, const struct trace_process *p)
{
	buf_varint(out, p->pid);
	buf_varint(out, p->parent_pid);
	buf_varint(out, p->image);
	buf_varint(out, p->flags);
	buf_varint(out, p->clock);
	buf_varint(out, p->ticks_per_second);
	buf_varint(out, p->hello_key);
	buf_varint(out, p->start_unix_ns);
	buf_varint(out, p->page_bytes);
	buf_string(out, p->executable);
	buf_string(out, p->directory);
	buf_string(out, p->allocator);
	buf_string(out, p->recorder);
	buf_varint(out, p->argc);
	for (uint32_t i = 0; i < p->argc; i++)
		buf_string(out, p->argv[i]);
	buf_varint(out, p->sample_bytes);
	buf_varint(out, p->run_unix_ns);
}

void put_modules(struct buf *out, const struct trace_module *modules, size_t n)
{
	buf_varint(out, n);
	for (const struct trace_module *m = modules; m < modules + n; m++) {
		buf_varint(out, m->id);
		buf_varint(out, m->start);
		buf_varint(out, m->end);
		buf_varint(out, m->bias);
		buf_varint(out, m->key);
		buf_blob(out, m->build_id, m->build_id_bytes);
		buf_string(out, m->path);
	}
}

void put_stacks(struct buf *out, uint32_t first, const struct trace_node *nodes, size_t n)
{
	buf_varint(out, first);
	buf_varint(out, n);
	for (uint32_t i = 0; i < n; i++) {
		buf_varint(out, first + i - nodes[i].parent); /* modulo 2^32: a parent may come later */
		buf_varint(out, nodes[i].frame >> LG_FRAME_MODULE_SHIFT);
		buf_varint(out, nodes[i].frame & LG_FRAME_OFFSET_MASK);
	}
}

void put_python_codes(struct buf *out, const struct trace_python_code *codes, size_t n)
{
	buf_varint(out, n);
	for (const struct trace_python_code *p = codes; p < codes + n; p++) {
		buf_varint(out, p->id);
		buf_string(out, p->file);
		buf_string(out, p->name);
	}
}

void put_marks(struct buf *out, const struct trace_mark *marks, size_t n)
{
	buf_varint(out, n);
	for (const struct trace_mark *m = marks; m < marks + n; m++) {
		buf_varint(out, m->events);
		buf_varint(out, m->key);
		buf_varint(out, m->thread);
		buf_string(out, m->name);
	}
}

void put_told(struct buf *out, const struct trace_told *told, size_t n)
{
	uint64_t before = 0;

	buf_varint(out, n);
	for (const struct trace_told *t = told; t < told + n; before = t++->events) {
		buf_varint(out, t->events - before);
		buf_varint(out, t->key);
		buf_varint(out, t->thread);
		buf_varint(out, t->what);
		buf_varint(out, t->addr);
		buf_varint(out, t->bytes);
		buf_varint(out, t->stack);
		buf_string(out, t->name);
	}
}

void put_suspects(struct buf *out, const struct trace_suspect *suspects, size_t n)
{
	uint64_t before = 0;

	buf_varint(out, n);
	for (const struct trace_suspect *s = suspects; s < suspects + n; before = s++->event) {
		buf_varint(out, s->event - before);
		buf_varint(out, s->addr);
		buf_varint(out, s->stack);
		buf_varint(out, s->before);
		buf_varint(out, s->size);
		buf_varint(out, s->align);
		buf_varint(out, s->block_align);
	}
}

void put_snapshot(struct buf *out, const struct trace_snapshot *s)
{
	buf_varint(out, s->id);
	buf_varint(out, s->key);
	buf_varint(out, s->reason);
	buf_varint(out, s->method);
	buf_varint(out, s->events);
}

static void put_words(struct buf *out, const uint64_t *words, uint32_t n)
{
	buf_varint(out, n);
	for (uint32_t i = 0; i < n; i++)
		buf_varint(out, words[i]);
}

void put_threads(struct buf *out, const struct trace_thread *threads, size_t n)
{
	buf_varint(out, n);
	for (const struct trace_thread *t = threads; t < threads + n; t++) {
		buf_varint(out, t->tid);
		buf_varint(out, t->number);
		buf_varint(out, t->flags);
		buf_varint(out, t->fs_base);
		put_words(out, t->regs, t->nregs);
		put_words(out, t->vector, t->nvector);
	}
}

void put_mappings(struct buf *out, const struct trace_mapping *mappings, size_t n)
{
	buf_varint(out, n);
	for (const struct trace_mapping *m = mappings; m < mappings + n; m++) {
		buf_varint(out, m->start);
		buf_varint(out, m->end);
		buf_varint(out, m->prot);
		buf_varint(out, m->flags);
		buf_varint(out, m->file_offset);
		buf_string(out, m->path);
	}
}

void put_unread(struct buf *out, const struct trace_unread *unread, size_t n)
{
	buf_varint(out, n);
	for (size_t i = 0; i < n; i++) {
		buf_varint(out, unread[i].start);
		buf_varint(out, unread[i].end);
		buf_varint(out, (uint64_t)unread[i].error);
	}
}

void put_held(struct buf *out, const struct trace_held *held, size_t n)
{
	buf_varint(out, n);
	for (size_t i = 0; i < n; i++) {
		buf_varint(out, held[i].value);
		buf_varint(out, held[i].holder);
		buf_varint(out, held[i].id);
	}
}

void put_snapshot_end(struct buf *out, const struct trace_snapshot *s)
{
	buf_varint(out, s->id);
	buf_varint(out, s->bytes_read);
	buf_varint(out, s->bytes_unread);
	buf_varint(out, s->threads_seen);
	buf_varint(out, s->threads_stopped);
}

void put_end(struct buf *out, const struct trace_end *end)
{
	buf_varint(out, end->ending);
	buf_varint(out, end->status);
	buf_varint(out, end->signal);
	buf_varint(out, end->key);
	buf_varint(out, end->duration_ns);
	buf_varint(out, end->threads);
	buf_varint(out, end->events);
	buf_varint(out, end->lost_allocs);
	buf_varint(out, end->lost_frees);
	buf_varint(out, end->lost_bytes);
	buf_varint(out, end->stackless);
	buf_varint(out, end->truncated);
	buf_varint(out, end->lost_stacks);
	buf_varint(out, end->untraced);
	buf_varint(out, end->nreasons);
	for (size_t i = 0; i < end->nreasons; i++)
		buf_string(out, end->reasons[i]);
	buf_varint(out, end->recorder_cpu_ns);
	buf_varint(out, end->left_out_allocs);
	buf_varint(out, end->left_out_bytes);
	buf_varint(out, end->python_lost);
}
