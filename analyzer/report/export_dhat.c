/* export_dhat.c: version 2 of DHAT's files, as dh_view.html and the Firefox Profiler read them. A program point is a
 * stack; time is counted in events.
 *
 * Two of its fields are not known of a single stack: its lifetimes (tl) are written as 0, and its own maximum (mb, mbk)
 * as the larger of what lived at the process's peak and at the end. */
#include "base/json.h"
#include "names/store.h"
#include "report/exports.h"

struct points {
	struct export *e;
	struct texts frames; /* as they are shown; number 0 is the root */
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

static void put_pair(struct json *j, const char *bytes, const char *blocks, struct sum sum)
{
	json_put_number(j, bytes, sum.bytes);
	json_put_number(j, blocks, sum.blocks);
}

static struct sum larger(struct sum a, struct sum b)
{
	return a.bytes > b.bytes ? a : b;
}

static void put_point(struct json *j, struct points *p, const struct export_use *u)
{
	json_open_flat(j, '{');
	put_pair(j, "tb", "tbk", larger(u->of[EXPORT_ALLOCATED], u->of[EXPORT_LIVE]));
	json_put_number(j, "tl", 0);
	put_pair(j, "mb", "mbk", larger(u->of[EXPORT_PEAK], u->of[EXPORT_LIVE]));
	put_pair(j, "gb", "gbk", u->of[EXPORT_PEAK]);
	put_pair(j, "eb", "ebk", u->of[EXPORT_LIVE]);
	json_key(j, "fs");
	json_open(j, '[');
	for (uint32_t i = 0; i < u->frames->shown; i++)
		json_number(j, frame_number(p, frame_text(p->e, &u->frames->frames[i])));
	json_close(j, ']');
	json_close(j, '}');
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

int export_dhat(struct export *e, struct err *err)
{
	struct points p = { .e = e };
	struct json j;

	frame_number(&p, "[root]");
	json_start(&j, &e->out);
	json_open(&j, '{');
	put_facts(&j, e);
	json_key(&j, "pps");
	json_open(&j, '[');
	for (struct export_use u = { 0 }; export_next(&u, e); export_flush(e))
		put_point(&j, &p, &u);
	json_close(&j, ']');
	json_key(&j, "ftbl");
	json_open(&j, '[');
	for (uint32_t i = 0; i < p.frames.n; i++)
		json_text(&j, p.frames.at[i]);
	json_close(&j, ']');
	json_close(&j, '}');
	json_end(&j);
	texts_free(&p.frames);
	return e->out.failed ? export_no_memory(e, err) : 0;
}
