/* trace_read.c: any bytes as a trace file. The reader must say what they are worth and touch nothing else.
 *
 * Fuzzing takes -DLG_FUZZ_NO_CHECKSUM: without it nearly every mutation ends at a checksum. */
#include "replay.h"
#include "trace/trace.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct seen {
	const struct trace *trace;
	uint64_t nevents;
};

static int look_at_events(void *context, const struct trace_event *events, size_t n)
{
	struct seen *seen = context;

	for (size_t i = 0; i < n; i++)
		claim(events[i].stack < seen->trace->nnodes && events[i].type >= LG_EV_ALLOC &&
		      events[i].type <= LG_EV_PAD && events[i].entry < LG_ENTRY_KINDS);
	seen->nevents += n;
	return 0;
}

/* Chains of parents are shorter than the table; a few thousand of them tell. */
static void look_at_nodes(const struct trace *t)
{
	uint32_t step = t->nnodes / 1024 + 1;

	for (uint32_t i = 0; i < t->nnodes; i++)
		claim(t->nodes[i].parent < t->nnodes);
	for (uint32_t i = 0; i < t->nnodes; i += step)
		for (uint32_t id = i, steps = 0; id; id = t->nodes[id].parent)
			claim(steps++ < t->nnodes);
}

static void look_at_memory(const struct trace_snapshot *s)
{
	uint64_t word, sum = 0;

	for (size_t i = 0; i < s->nmemory; i++) {
		const struct trace_memory *m = &s->memory[i];
		claim(!i || m[-1].start + m[-1].bytes <= m->start);
		for (uint64_t j = 0; j < m->bytes / 8; j++)
			sum += m->words[j];
		claim(snapshot_word(s, m->start, &word) && word == m->words[0]);
		snapshot_word(s, m->start + m->bytes - 1, &word);
		snapshot_word(s, m->start + m->bytes, &word);
	}
	for (size_t i = 0; i < s->nmappings; i++) {
		claim(!i || s->mappings[i - 1].end <= s->mappings[i].start);
		snapshot_word(s, s->mappings[i].start, &word);
		snapshot_word(s, s->mappings[i].end - 1, &word);
	}
	for (size_t i = 0; i < s->nunread; i++)
		claim(!snapshot_word(s, s->unread[i].start, &word) || s->nmemory ||
		      s->unread[i].start > UINT64_MAX - 7);
	for (size_t i = 0; i < s->nthreads; i++)
		for (uint32_t j = 0; j < s->threads[i].nvector; j++)
			sum += s->threads[i].vector[j];
	claim(sum != 0x6c65616b); /* keeps the reads */
}

static void look_at_texts(const struct trace *t)
{
	size_t n = strlen(t->process.executable) + strlen(t->damage) + strlen(t->path);

	for (uint32_t i = 0; i < t->process.argc; i++)
		n += strlen(t->process.argv[i]);
	for (size_t i = 0; i < t->nmodules; i++) {
		claim(!i || t->modules[i - 1].id < t->modules[i].id);
		n += strlen(t->modules[i].path);
	}
	for (size_t i = 0; i < t->end.nreasons; i++)
		n += strlen(t->end.reasons[i]);
	claim(n != 0);
}

static void look_at(const struct trace *t)
{
	struct seen seen = { t, 0 };
	struct err err = { 0 };

	claim(trace_events(t, look_at_events, &seen, &err) == 0 && seen.nevents == t->nevents);
	look_at_nodes(t);
	look_at_texts(t);
	for (size_t i = 0; i < t->nsnapshots; i++)
		look_at_memory(&t->snapshots[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	char path[64];
	struct trace t;
	struct err err = { 0 };
	int fd = memfd_create("trace", MFD_CLOEXEC);

	claim(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (trace_open(&t, path, &err) == 0) {
		look_at(&t);
		trace_close(&t);
	} else {
		claim(err.text[0] && !t.file);
	}
	close(fd);
	return 0;
}
