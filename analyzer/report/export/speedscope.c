/* speedscope.c: https://www.speedscope.app/file-format-schema.json: the frames once, and a sampled profile for
 * each thing that stacks are weighed by. */
#include "base/json.h"
#include "base/version.h"
#include "names/store.h"
#include "report/export/export.h"

struct frames {
	struct export *e;
	struct texts keys; /* what tells frames apart; the number is the place in the file */
	struct buf key; /* of the one at hand */
};

static uint32_t frame_number(struct frames *f, const struct report_frame *frame)
{
	char line[32];

	snprintf(line, sizeof line, "\n%u\n%d\n", frame->line, frame->function != NULL);
	f->key.used = 0;
	buf_text(&f->key, frame->function ? frame->function : frame->module);
	buf_text(&f->key, line);
	buf_text(&f->key, frame->file ? frame->file : "");
	buf_put(&f->key, "", 1);
	f->e->out.failed |= f->key.failed;
	return f->key.failed ? NO_TEXT : export_number(f->e, &f->keys, (char *)f->key.bytes);
}

static void put_frame(struct json *j, struct export *e, const struct report_frame *f)
{
	json_open_flat(j, '{');
	json_put_text(j, "name", export_function(e, f));
	if (f->file)
		json_put_text(j, "file", f->file);
	if (f->line)
		json_put_number(j, "line", f->line);
	json_close(j, '}');
}

static void put_frames(struct json *j, struct frames *f)
{
	json_key(j, "frames");
	json_open(j, '[');
	for (struct export_use u = { 0 }; export_next(&u, f->e);)
		for (uint32_t i = 0; i < u.frames->shown; i++) {
			uint32_t known = f->keys.n;
			if (frame_number(f, &u.frames->frames[i]) == known)
				put_frame(j, f->e, &u.frames->frames[i]);
			export_flush(f->e);
		}
	json_close(j, ']');
}

static void put_samples(struct json *j, struct frames *f, enum export_value value)
{
	json_key(j, "samples");
	json_open(j, '[');
	for (struct export_use u = { 0 }; export_next(&u, f->e);) {
		if (!u.of[value].bytes)
			continue;
		json_open_flat(j, '[');
		for (uint32_t i = u.frames->shown; i-- > 0;)
			json_number(j, frame_number(f, &u.frames->frames[i]));
		json_close(j, ']');
		export_flush(f->e);
	}
	json_close(j, ']');
}

static uint64_t put_weights(struct json *j, struct export *e, enum export_value value)
{
	uint64_t total = 0;

	json_key(j, "weights");
	json_open(j, '[');
	for (struct export_use u = { 0 }; export_next(&u, e);)
		if (u.of[value].bytes) {
			json_number(j, u.of[value].bytes);
			total += u.of[value].bytes;
		}
	json_close(j, ']');
	return total;
}

static void put_one_profile(struct json *j, struct frames *f, enum export_value value)
{
	json_open(j, '{');
	json_put_text(j, "type", "sampled");
	json_put_text(j, "name", export_value_names[value]);
	json_put_text(j, "unit", "bytes");
	json_put_number(j, "startValue", 0);
	put_samples(j, f, value);
	json_put_number(j, "endValue", put_weights(j, f->e, value));
	json_close(j, '}');
}

int export_speedscope(struct export *e, struct err *err)
{
	struct frames f = { .e = e };
	struct json j;

	json_start(&j, &e->out);
	json_open(&j, '{');
	json_put_text(&j, "$schema", "https://www.speedscope.app/file-format-schema.json");
	json_put_text(&j, "name", e->process->name);
	json_put_text(&j, "exporter", "leakgraph " LG_VERSION);
	json_put_number(&j, "activeProfileIndex", 0);
	json_key(&j, "shared");
	json_open(&j, '{');
	put_frames(&j, &f);
	json_close(&j, '}');
	json_key(&j, "profiles");
	json_open(&j, '[');
	for (enum export_value value = 0; value < EXPORT_VALUE_COUNT; value++)
		put_one_profile(&j, &f, value);
	json_close(&j, ']');
	json_close(&j, '}');
	json_end(&j);
	texts_free(&f.keys);
	buf_free(&f.key);
	return e->out.failed ? export_no_memory(e, err) : 0;
}
