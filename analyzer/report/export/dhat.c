/* dhat.c: version 2 of DHAT's files, as dh_view.html and the Firefox Profiler read them. A program point is a
 * stack; time is counted in events.
 *
 * Two of its fields are not known of a single stack: blocks are given lifetimes (tl) of one event, the least there is,
 * and its own maximum (mb, mbk) is the larger of what lived at the process's peak and at the end. */
#include "base/json.h"
#include "names/store.h"
#include "report/export/export.h"

#include <stdlib.h>

/* Stacks that read the same: dh_view takes each once only. */
struct point {
	const struct report_stack *frames;
	struct sum of[EXPORT_VALUE_COUNT];
};

struct points {
	struct export *e;
	struct texts frames; /* as they are shown; number 0 is the root */
	struct texts stacks; /* as numbers of their frames */
	struct point *at; /* by number of the stack */
};

/* "0x401136: make (app.c:12)", "0x401136: ??? (in app)" */
static const char *frame_text(struct export *e, const struct report_frame *f)
{
	unsigned long long address = f->address;
	const char *function = f->function ? f->function : "???";

	return f->file
		   ? pool_print(&e->report.pool, "0x%llX: %s (%s:%u)", address, function, f->file, f->line)
		   : pool_print(&e->report.pool, "0x%llX: %s (in %s)", address, function, f->module);
}

static uint32_t frame_number(struct points *p, const char *text)
{
	uint32_t number = text ? texts_number(&p->frames, text) : NO_TEXT;

	p->e->out.failed |= number == NO_TEXT;
	return number;
}

static const char *stack_key(struct points *p, const struct report_stack *s, struct buf *key)
{
	buf_clear(key);
	for (uint32_t i = 0; i < s->shown; i++) {
		buf_number(key, frame_number(p, frame_text(p->e, &s->frames[i])));
		buf_text(key, ",");
	}
	buf_put(key, "", 1);
	return key->failed ? NULL : pool_text(&p->e->report.pool, (char *)key->bytes);
}

static int gather(struct points *p)
{
	struct buf key = { 0 };
	bool is_good = true;

	p->at = calloc((size_t)p->e->a.trace.nnodes + 1, sizeof *p->at);
	for (struct export_use u = { 0 }; p->at && is_good && export_next(&u, p->e);) {
		const char *text = stack_key(p, u.frames, &key);
		uint32_t number = text ? texts_number(&p->stacks, text) : NO_TEXT;

		is_good = number != NO_TEXT;
		for (unsigned i = 0; is_good && i < EXPORT_VALUE_COUNT; i++) {
			p->at[number].frames = u.frames;
			p->at[number].of[i].blocks += u.of[i].blocks;
			p->at[number].of[i].bytes += u.of[i].bytes;
		}
	}
	buf_free(&key);
	return p->at && is_good ? 0 : -1;
}

static void put_pair(struct json *j, const char *bytes, const char *blocks, struct sum sum)
{
	json_put_number(j, bytes, sum.bytes);
	json_put_number(j, blocks, sum.blocks);
}

static struct sum larger(struct sum a, struct sum b)
{
	return a.bytes > b.bytes ? a : b;
}

static void put_point(struct json *j, struct points *p, const struct point *at)
{
	struct sum total = larger(at->of[EXPORT_ALLOCATED], at->of[EXPORT_LIVE]);

	json_open_flat(j, '{');
	put_pair(j, "tb", "tbk", total);
	json_put_number(j, "tl", total.blocks);
	put_pair(j, "mb", "mbk", larger(at->of[EXPORT_PEAK], at->of[EXPORT_LIVE]));
	put_pair(j, "gb", "gbk", at->of[EXPORT_PEAK]);
	put_pair(j, "eb", "ebk", at->of[EXPORT_LIVE]);
	json_key(j, "fs");
	json_open(j, '[');
	for (uint32_t i = 0; i < at->frames->shown; i++)
		json_number(j, frame_number(p, frame_text(p->e, &at->frames->frames[i])));
	json_close(j, ']');
	json_close(j, '}');
	export_flush(p->e);
}

static void put_facts(struct json *j, struct export *e)
{
	json_put_number(j, "dhatFileVersion", 2);
	json_put_text(j, "mode", "heap");
	json_put_text(j, "verb", "Allocated");
	json_put_bool(j, "bklt", true);
	json_put_bool(j, "bkacc", false);
	json_put_text(j, "tu", "events");
	json_put_text(j, "Mtu", "Mevent");
	json_put_number(j, "tuth", 0);
	json_put_text(j, "cmd", export_command(e));
	json_put_number(j, "pid", e->process->pid);
	json_put_number(j, "tg", e->process->totals.peak_events);
	json_put_number(j, "te", e->process->totals.events);
}

static void put_points(struct points *p)
{
	struct json j;

	json_start(&j, &p->e->out);
	json_open(&j, '{');
	put_facts(&j, p->e);
	json_key(&j, "pps");
	json_open(&j, '[');
	for (uint32_t i = 0; i < p->stacks.n; i++)
		put_point(&j, p, &p->at[i]);
	json_close(&j, ']');
	json_key(&j, "ftbl");
	json_open(&j, '[');
	for (uint32_t i = 0; i < p->frames.n; i++)
		json_text(&j, p->frames.at[i]);
	json_close(&j, ']');
	json_close(&j, '}');
	json_end(&j);
}

int export_dhat(struct export *e, struct err *err)
{
	struct points p = { .e = e };

	frame_number(&p, "[root]");
	int failed = gather(&p);
	if (!failed)
		put_points(&p);
	texts_free(&p.frames);
	texts_free(&p.stacks);
	free(p.at);
	return failed || e->out.failed ? export_no_memory(e, err) : 0;
}
