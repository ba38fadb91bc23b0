/* json_parts.c: what JSON documents share: frames and stacks, sums, the facts and the verdict of a process. */
#include "report/json.h"

void json_put_known(struct json *j, const char *key, uint64_t number)
{
	if (number)
		json_put_number(j, key, number);
	else
		json_put_text(j, key, NULL);
}

void json_put_pair(struct json *j, const char *blocks, const char *bytes, struct sum sum)
{
	json_put_number(j, blocks, sum.blocks);
	json_put_number(j, bytes, sum.bytes);
}

void json_sum(struct json *j, struct sum sum)
{
	json_open_flat(j, '{');
	json_put_pair(j, "blocks", "bytes", sum);
	json_close(j, '}');
}

void json_put_sum(struct json *j, const char *key, struct sum sum)
{
	json_key(j, key);
	json_sum(j, sum);
}

void json_put_addresses(struct json *j, const uint64_t *addresses, uint32_t n)
{
	json_key(j, "addresses");
	json_open_flat(j, '[');
	for (uint32_t i = 0; i < n; i++)
		json_address(j, addresses[i]);
	json_close(j, ']');
}

void json_put_frame_facts(struct json *j, const struct report_frame *f)
{
	json_put_text(j, "function", f->function);
	json_put_text(j, "file", f->file);
	json_put_known(j, "line", f->line);
	json_put_text(j, "module", f->module);
	json_put_address(j, "address", f->address);
	json_put_address(j, "offset", f->offset);
	json_put_bool(j, "inlined", f->is_inlined);
	if (f->language)
		json_put_text(j, "language", f->language);
}

static void put_frame(struct json *j, const struct report_frame *f)
{
	json_open_flat(j, '{');
	json_put_frame_facts(j, f);
	json_close(j, '}');
}

void json_put_stack(struct json *j, const char *key, const struct report_stack *s)
{
	json_key(j, key);
	if (!s) {
		json_null(j);
		return;
	}
	json_open(j, '[');
	for (uint32_t i = 0; i < s->nframes; i++)
		put_frame(j, &s->frames[i]);
	json_close(j, ']');
}

/* ---- processes ----------------------------------------------------------------------------------------- */

static const char *ending_name(enum lg_ending ended)
{
	static const char *const names[] = {
#define X(name, number, text) [number] = text,
		LG_ENDINGS(X)
#undef X
	};

	return (size_t)ended < sizeof names / sizeof *names ? names[ended] : names[LG_ENDED_UNKNOWN];
}

static void put_ended(struct json *j, const struct report_process *p)
{
	char name[32];

	json_key(j, "ended");
	json_open_flat(j, '{');
	json_put_text(j, "how", ending_name(p->ended));
	if (p->ended == LG_ENDED_EXITED)
		json_put_number(j, "status", p->status);
	else
		json_put_text(j, "status", NULL);
	json_put_text(j, "signal",
		      p->ended == LG_ENDED_SIGNALED ? report_signal(name, sizeof name, p->signal) : NULL);
	json_close(j, '}');
}

static void put_sampling(struct json *j, const struct report_process *p)
{
	json_put_bool(j, "estimated", true);
	json_put_number(j, "sample_interval", p->sample_bytes);
	json_put_number(j, "sampled_allocations", p->totals.recorded);
	json_put_number(j, "sampled_live_blocks", p->recorded);
}

void json_put_process_facts(struct json *j, const struct report_process *p)
{
	json_put_number(j, "pid", p->pid);
	json_put_number(j, "parent_pid", p->parent_pid);
	json_put_number(j, "image", p->image);
	json_key(j, "command");
	json_open_flat(j, '[');
	for (char *const *word = p->argv; *word; word++)
		json_text(j, *word);
	json_close(j, ']');
	json_put_text(j, "executable", p->executable);
	json_put_text(j, "trace", p->trace);
	if (p->moment)
		json_put_number(j, "moment", p->moment);
	if (p->sample_bytes)
		put_sampling(j, p);
	put_ended(j, p);
}

void json_put_verdict(struct json *j, const struct report_process *p)
{
	bool hides = false;

	json_put_text(j, "verdict", report_is_complete(p) ? "complete" : "degraded");
	json_key(j, "verdict_reasons");
	json_open(j, '[');
	for (uint32_t i = 0; i < p->nreasons; i++) {
		json_text(j, p->reasons[i].text);
		hides |= p->reasons[i].hides_leaks;
	}
	json_close(j, ']');
	json_put_bool(j, "verdict_hides_leaks", hides);
}

void json_put_notes(struct json *j, const struct report_process *p)
{
	json_key(j, "notes");
	json_open(j, '[');
	for (uint32_t i = 0; i < p->nnotes; i++)
		json_text(j, p->notes[i]);
	json_close(j, ']');
}
