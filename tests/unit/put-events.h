/* put-events.h: a few events as one EVENTS payload, keys as they are; and as a trace of their own. */
#ifndef LG_TESTS_PUT_EVENTS_H
#define LG_TESTS_PUT_EVENTS_H

#include "trace/trace.h"

#include <check.h>
#include <stdlib.h>

static inline void put_events(struct buf *out, const struct trace_event *events, size_t n)
{
	struct encoder *e = encoder_new(0);

	if (!e || encoder_add(e, events, n) != n)
		abort();
	encoder_put(e, out);
	encoder_free(e);
}

static inline void write_trace(const char *path, const struct trace_process *process,
			       const struct trace_event *events, size_t n, const struct trace_end *end)
{
	struct trace_writer *writer;
	struct buf out = { 0 };
	struct err err = { "" };

	ck_assert_msg(!trace_writer_open(&writer, path, &err), "%s", err.text);
	put_process(&out, process);
	ck_assert_int_eq(trace_put(writer, LG_CHUNK_PROCESS, &out, &err), 0);
	buf_clear(&out);
	put_events(&out, events, n);
	ck_assert_int_eq(trace_put(writer, LG_CHUNK_EVENTS, &out, &err), 0);
	buf_clear(&out);
	put_end(&out, end);
	ck_assert_int_eq(trace_put(writer, LG_CHUNK_END, &out, &err), 0);
	ck_assert_int_eq(trace_writer_close(writer, &err), 0);
	buf_free(&out);
}

#endif
