/* gitlab.c: GitLab's code quality. */
#include "base/json.h"
#include "report/ci/outputs.h"

#include <stdio.h>
#include <string.h>

/* How many of this fingerprint and kind the process has before it. */
static uint64_t equals_before(const struct finding *f)
{
	struct finding other;
	uint64_t n = 0;

	for (uint32_t i = 0; finding_at(&other, f->process, i) && strcmp(other.id, f->id); i++)
		n += !strcmp(other.fingerprint->strict, f->fingerprint->strict) &&
		     !strcmp(other.name, f->name);
	return n;
}

/* Equal fingerprints are folded by GitLab, so leaks that share a stack are told apart by their kind, and those of one
 * kind by their number; the same leak of another process is folded. */
static void put_fingerprint(struct json *j, const struct finding *f)
{
	char text[FINGERPRINT_DIGITS + 64];
	uint64_t n = equals_before(f);
	int used = snprintf(text, sizeof text, "%s-%s", f->fingerprint->strict, f->name);

	if (n)
		snprintf(text + used, sizeof text - (size_t)used, "-%llu", (unsigned long long)n + 1);
	json_put_text(j, "fingerprint", text);
}

static void put_issue(struct json *j, const struct finding *f, const struct output_context *c)
{
	const struct report_frame *place = finding_place(f->stack, c);
	struct buf text = { 0 };

	finding_title(&text, f);
	buf_put(&text, "", 1);
	json_open(j, '{');
	json_put_text(j, "description", text.failed ? "leaked" : (char *)text.bytes);
	json_put_text(j, "check_name", f->name);
	put_fingerprint(j, f);
	json_put_text(j, "severity",
		      finding_is_accepted(f)	  ? "info"
		      : f->kind == CLASS_POSSIBLE ? "minor"
						  : "major");
	json_key(j, "location");
	json_open_flat(j, '{');
	json_put_text(j, "path", place && place->file ? finding_file(place, c) : f->process->name);
	json_key(j, "lines");
	json_open_flat(j, '{');
	json_put_number(j, "begin", place && place->line ? place->line : 1);
	json_close(j, '}');
	json_close(j, '}');
	json_close(j, '}');
	buf_free(&text);
}

void output_gitlab(struct buf *out, const struct report *r, const struct output_context *c)
{
	struct json j;

	json_start(&j, out);
	json_open(&j, '[');
	for (struct finding f = { 0 }; finding_next(&f, r, c);)
		put_issue(&j, &f, c);
	json_close(&j, ']');
	json_end(&j);
}
