/* pprof.c: profile.proto of pprof, not compressed. Field numbers are those of
 * github.com/google/pprof/proto/profile.proto.
 *
 * A stack gives a sample for each class and leak of its live blocks, and one of kind "freed" for the rest of what it
 * allocated, so that every value adds up to the process's totals whatever is filtered. */
#include "base/escape.h"
#include "names/store.h"
#include "report/export/export.h"

#include <stdio.h>
#include <string.h>

enum {
	PROFILE_SAMPLE_TYPE = 1,
	PROFILE_SAMPLE,
	PROFILE_MAPPING,
	PROFILE_LOCATION,
	PROFILE_FUNCTION,
	PROFILE_STRING,
	PROFILE_TIME = 9,
	PROFILE_DURATION,
	PROFILE_PERIOD_TYPE,
	PROFILE_PERIOD,
	PROFILE_COMMENT,
	PROFILE_DEFAULT_TYPE
};
enum { TYPE_TYPE = 1, TYPE_UNIT };
enum { SAMPLE_LOCATION = 1, SAMPLE_VALUE, SAMPLE_LABEL };
enum { LABEL_KEY = 1, LABEL_TEXT };
enum {
	MAPPING_ID = 1,
	MAPPING_START,
	MAPPING_LIMIT,
	MAPPING_OFFSET,
	MAPPING_FILE,
	MAPPING_BUILD_ID,
	MAPPING_HAS_FUNCTIONS,
	MAPPING_HAS_FILES,
	MAPPING_HAS_LINES,
	MAPPING_HAS_INLINES
};
enum { LOCATION_ID = 1, LOCATION_MAPPING, LOCATION_ADDRESS, LOCATION_LINE };
enum { LINE_FUNCTION = 1, LINE_LINE };
enum { FUNCTION_ID = 1, FUNCTION_NAME, FUNCTION_SYSTEM_NAME, FUNCTION_FILE };

#define VALUES 6u
static const char *const types[VALUES][2] = {
	{ "alloc_objects", "count" }, { "alloc_space", "bytes" },    { "inuse_objects", "count" },
	{ "inuse_space", "bytes" },   { "leaked_objects", "count" }, { "leaked_space", "bytes" },
};
#define DEFAULT_TYPE "inuse_space"

struct profile {
	struct export *e;
	struct texts strings; /* number 0 is "" */
	struct texts functions, locations; /* by what tells them apart; ids are numbers + 1 */
	struct buf location_fields, function_fields; /* of the profile, written behind the samples */
	struct buf message, part, ids; /* while one is made */
};

/* ---- the encoding ------------------------------------------------------------------------------------------ */

static void put_number(struct buf *out, unsigned field, uint64_t number)
{
	buf_varint(out, field << 3);
	buf_varint(out, number);
}

static void put_message(struct buf *out, unsigned field, const struct buf *message)
{
	buf_varint(out, field << 3 | 2);
	buf_blob(out, message->bytes, message->used);
	out->failed |= message->failed;
}

/* Protocol buffers hold strings that are UTF-8. */
static uint32_t string_of(struct profile *p, const char *text)
{
	uint32_t number = text ? texts_number(&p->strings, text) : NO_TEXT;

	p->e->out.failed |= number == NO_TEXT;
	return number;
}

static void put_text(struct profile *p, struct buf *out, unsigned field, const char *text)
{
	put_number(out, field, string_of(p, text));
}

static void put_type(struct profile *p, unsigned field, const char *type, const char *unit)
{
	buf_clear(&p->part);
	put_text(p, &p->part, TYPE_TYPE, type);
	put_text(p, &p->part, TYPE_UNIT, unit);
	put_message(&p->e->out, field, &p->part);
}

/* ---- functions and locations ------------------------------------------------------------------------------- */

static uint64_t function_id(struct profile *p, const struct report_frame *f)
{
	const char *name = export_function(p->e, f), *file = f->file ? f->file : "";
	const char *key = name ? pool_print(&p->e->report.pool, "%s\n%s", name, file) : NULL;
	uint32_t known = p->functions.n, number = key ? texts_number(&p->functions, key) : NO_TEXT;

	p->e->out.failed |= number == NO_TEXT;
	if (number == known) {
		buf_clear(&p->part);
		put_number(&p->part, FUNCTION_ID, (uint64_t)number + 1);
		put_text(p, &p->part, FUNCTION_NAME, name);
		put_text(p, &p->part, FUNCTION_SYSTEM_NAME, name);
		put_text(p, &p->part, FUNCTION_FILE, file);
		put_message(&p->function_fields, PROFILE_FUNCTION, &p->part);
	}
	return (uint64_t)number + 1;
}

/* The module that an address was in; the name tells those apart that were there one after the other. */
static uint64_t mapping_id(const struct profile *p, const struct report_frame *f)
{
	const struct trace *t = &p->e->a.trace;

	for (size_t i = 0; i < t->nmodules; i++) {
		const struct trace_module *m = &t->modules[i];
		const char *slash = m->path ? strrchr(m->path, '/') : NULL;
		const char *name = slash ? slash + 1 : m->path;

		if (f->address > m->start && f->address <= m->end && name && !strcmp(name, f->module))
			return i + 1;
	}
	return 0;
}

static void put_line(struct profile *p, const struct report_frame *f)
{
	uint64_t function = function_id(p, f);

	buf_clear(&p->part);
	put_number(&p->part, LINE_FUNCTION, function);
	put_number(&p->part, LINE_LINE, f->line);
	put_message(&p->message, LOCATION_LINE, &p->part);
}

static const char *location_key(struct profile *p, const struct report_frame *frames, uint32_t n)
{
	struct pool *pool = &p->e->report.pool;

	if (frames->language)
		return pool_print(pool, "%s:%u %s", frames->file ? frames->file : "", frames->line,
				  frames->function ? frames->function : "");
	return pool_print(pool, "%s %llx %u", frames[n - 1].module, (unsigned long long)frames->address, n);
}

/* `n` frames of one address, innermost first: all but the last were inlined. A return address names what follows the
 * call, so the byte before it is given. */
static uint64_t location_id(struct profile *p, const struct report_frame *frames, uint32_t n)
{
	const char *key = location_key(p, frames, n);
	uint32_t known = p->locations.n, number = key ? texts_number(&p->locations, key) : NO_TEXT;

	p->e->out.failed |= number == NO_TEXT;
	if (number == known) {
		buf_clear(&p->message);
		put_number(&p->message, LOCATION_ID, (uint64_t)number + 1);
		put_number(&p->message, LOCATION_MAPPING, mapping_id(p, frames));
		put_number(&p->message, LOCATION_ADDRESS, frames->address ? frames->address - 1 : 0);
		for (uint32_t i = 0; i < n; i++)
			put_line(p, &frames[i]);
		put_message(&p->location_fields, PROFILE_LOCATION, &p->message);
	}
	return (uint64_t)number + 1;
}

static void find_locations(struct profile *p, const struct report_stack *s)
{
	buf_clear(&p->ids);
	for (uint32_t first = 0; first < s->shown;) {
		uint32_t n = 1;

		while (s->frames[first + n - 1].is_inlined && first + n < s->shown)
			n++;
		buf_varint(&p->ids, location_id(p, &s->frames[first], n));
		first += n;
	}
}

/* ---- samples ----------------------------------------------------------------------------------------------- */

static void put_label(struct profile *p, const char *key, const char *text)
{
	struct buf *label = &p->part;

	buf_clear(label);
	put_text(p, label, LABEL_KEY, key);
	put_text(p, label, LABEL_TEXT, text);
	put_message(&p->message, SAMPLE_LABEL, label);
}

static void put_sample(struct profile *p, const uint64_t values[VALUES], const char *kind,
		       const char *fingerprint)
{
	buf_clear(&p->message);
	put_message(&p->message, SAMPLE_LOCATION, &p->ids);
	buf_clear(&p->part);
	for (unsigned i = 0; i < VALUES; i++)
		buf_varint(&p->part, values[i]);
	put_message(&p->message, SAMPLE_VALUE, &p->part);
	put_label(p, "kind", kind);
	if (fingerprint)
		put_label(p, "fingerprint", fingerprint);
	put_message(&p->e->out, PROFILE_SAMPLE, &p->message);
	export_flush(p->e);
}

static void put_share(struct profile *p, const struct export_share *s)
{
	bool is_lost = s->class <= CLASS_INDIRECT;
	const uint64_t values[VALUES] = { s->live.blocks,
					  s->live.bytes,
					  s->live.blocks,
					  s->live.bytes,
					  is_lost ? s->live.blocks : 0,
					  is_lost ? s->live.bytes : 0 };

	put_sample(p, values, s->class == LEAK_CLASSES ? "live" : leak_class_name(s->class),
		   s->leak == NO_LEAK ? NULL : p->e->process->leaks[s->leak].fingerprint.strict);
}

static uint64_t less(uint64_t from, uint64_t what)
{
	return from > what ? from - what : 0;
}

static void put_use(struct profile *p, const struct export_use *u)
{
	const uint64_t freed[VALUES] = { less(u->of[EXPORT_ALLOCATED].blocks, u->of[EXPORT_LIVE].blocks),
					 less(u->of[EXPORT_ALLOCATED].bytes, u->of[EXPORT_LIVE].bytes) };

	find_locations(p, u->frames);
	for (uint32_t i = 0; i < u->nshares; i++)
		put_share(p, &u->shares[i]);
	if (freed[0] || freed[1])
		put_sample(p, freed, "freed", NULL);
}

/* ---- the rest ---------------------------------------------------------------------------------------------- */

static const char *build_id(struct profile *p, const struct trace_module *m)
{
	char digits[2 * LG_BUILD_ID_MAX + 1] = "";

	for (uint32_t i = 0; i < m->build_id_bytes; i++)
		snprintf(digits + 2 * i, 3, "%02x", m->build_id[i]);
	return pool_text(&p->e->report.pool, digits);
}

static void put_module(struct profile *p, size_t i)
{
	const struct trace_module *m = &p->e->a.trace.modules[i];

	buf_clear(&p->message);
	put_number(&p->message, MAPPING_ID, i + 1);
	put_number(&p->message, MAPPING_START, m->start);
	put_number(&p->message, MAPPING_LIMIT, m->end);
	put_text(p, &p->message, MAPPING_FILE, m->path ? m->path : "");
	put_text(p, &p->message, MAPPING_BUILD_ID, build_id(p, m));
	for (unsigned has = MAPPING_HAS_FUNCTIONS; has <= MAPPING_HAS_INLINES; has++)
		put_number(&p->message, has, 1);
	put_message(&p->e->out, PROFILE_MAPPING, &p->message);
}

static bool is_program(const struct trace *t, size_t i)
{
	const char *path = t->modules[i].path, *program = t->process.executable;

	return path && program && !strcmp(path, program);
}

/* The first mapping is what the profile is called by. */
static void put_all_modules(struct profile *p)
{
	const struct trace *t = &p->e->a.trace;

	for (size_t i = 0; i < t->nmodules; i++)
		if (is_program(t, i))
			put_module(p, i);
	for (size_t i = 0; i < t->nmodules; i++)
		if (!is_program(t, i))
			put_module(p, i);
}

static void put_comments(struct profile *p)
{
	const struct report_process *r = p->e->process;

	for (uint32_t i = 0; i < r->nreasons; i++) {
		put_text(p, &p->e->out, PROFILE_COMMENT,
			 pool_print(&p->e->report.pool, "degraded: %s", r->reasons[i].text));
	}
}

static void put_strings(struct profile *p)
{
	struct buf *text = &p->message;

	for (uint32_t i = 0; i < p->strings.n; i++) {
		buf_clear(text);
		escape_put(text, p->strings.at[i], escape_nothing);
		put_message(&p->e->out, PROFILE_STRING, text);
		export_flush(p->e);
	}
}

static void put_profile(struct profile *p)
{
	struct buf *out = &p->e->out;

	string_of(p, "");
	for (unsigned i = 0; i < VALUES; i++)
		put_type(p, PROFILE_SAMPLE_TYPE, types[i][0], types[i][1]);
	for (struct export_use u = { 0 }; export_next(&u, p->e);)
		put_use(p, &u);
	put_all_modules(p);
	buf_put(out, p->location_fields.bytes, p->location_fields.used);
	buf_put(out, p->function_fields.bytes, p->function_fields.used);
	out->failed |= p->location_fields.failed || p->function_fields.failed;
	put_number(out, PROFILE_TIME, p->e->a.trace.process.start_unix_ns);
	put_number(out, PROFILE_DURATION, p->e->process->duration_ns);
	put_type(p, PROFILE_PERIOD_TYPE, "space", "bytes");
	put_number(out, PROFILE_PERIOD, 1);
	put_comments(p);
	put_text(p, out, PROFILE_DEFAULT_TYPE, DEFAULT_TYPE);
	put_strings(p);
}

int export_pprof(struct export *e, struct err *err)
{
	struct profile p = { .e = e };

	put_profile(&p);
	texts_free(&p.strings);
	texts_free(&p.functions);
	texts_free(&p.locations);
	buf_free(&p.location_fields);
	buf_free(&p.function_fields);
	buf_free(&p.message);
	buf_free(&p.part);
	buf_free(&p.ids);
	return e->out.failed ? export_no_memory(e, err) : 0;
}
