/* judge.c: see judge.h. */
#include "cmd/judge.h"

#include "report/analysis.h"

/* All threads were stopped, and all their memory was read. */
static bool is_sure(const struct trace_snapshot *s)
{
	return s->threads_stopped == s->threads_seen && !s->bytes_unread;
}

bool judge_moment(const char *trace, uint64_t snapshot, uint64_t *blocks, uint64_t *bytes)
{
	const struct analysis_options options = { .names = { 0 } };
	struct ancestry ancestry = { 0 };
	struct analysis a;
	struct err err;
	bool is_known = !analysis_open_at(&a, trace, snapshot, &ancestry, &options, &err) && a.is_judged &&
			is_sure(a.snapshot) && !a.trace.process.sample_bytes;

	*blocks = *bytes = 0;
	for (int class = CLASS_DIRECT; is_known && class <= CLASS_INDIRECT; class ++) {
		*blocks += a.classes.sums[class].blocks;
		*bytes += a.classes.sums[class].bytes;
	}
	analysis_close(&a);
	ancestry_close(&ancestry);
	return is_known;
}
