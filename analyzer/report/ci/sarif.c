/* sarif.c: SARIF 2.1.0 (OASIS), with what GitHub's code scanning asks for: rules with help, one location a result, the
 * stack and the cycle as code flows, fingerprints of our own. */
#include "report/json.h"
#include "report/lines.h"
#include "report/ci/outputs.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *id, *name, *brief, *full, *help, *level, *weakness;
} rules[] = {
	{ "LG001", "UnreachableBlock", "Unreachable heap block.",
	  "No chain of pointers from a root reaches this block at the end of the process.",
	  "Free the block on every path, or hand over its ownership.", "error", "CWE-401" },
	{ "LG002", "ReferenceCycle", "Lost reference cycle.",
	  "Blocks that hold each other, and that nothing else reaches.",
	  "Make one of the references not own: a weak pointer, or a plain one that is cleared.", "error",
	  "CWE-401" },
	{ "LG003", "PossibleLeak", "Possibly leaked heap block.",
	  "Only a pointer into its middle or just past its end, or memory that may be dead, leads to this "
	  "block.",
	  "Keep a pointer to the block's start while it is in use, or free it.", "warning", "CWE-401" },
	{ "LG004", "DoubleFree", "Block freed twice.", "The block had been freed, and not handed out since.",
	  "Free it in one place, and forget the pointer there.", "error", "CWE-415" },
	{ "LG005", "InvalidFree", "Free of what is no block.",
	  "The address is not the start of a block: it lies inside one, or was never an allocator's.",
	  "Free the pointer that the allocator returned, and nothing else.", "error", "CWE-763" },
	{ "LG006", "MismatchedFree", "Block freed by another family of functions than it is from.",
	  "What malloc, new and new[] return is to be ended by free, delete and delete[], with its own size "
	  "and "
	  "alignment.",
	  "End the block by the function that belongs to the one that allocated it.", "error", "CWE-762" },
	{ "LG007", "GrowingPlace", "Heap memory that only grows.",
	  "The blocks of this place became more from each moment of the running program to the next.",
	  "Give what collects them a bound, or take out what is no longer in use.", "warning", "CWE-770" },
};

static unsigned rule_of(const struct finding *f)
{
	if (f->kind == FINDING_GROWTH)
		return 6;
	if (!f->error)
		return f->kind == CLASS_CYCLE ? 1 : f->kind == CLASS_POSSIBLE ? 2 : 0;
	if (f->error->kind == HEAP_ERROR_DOUBLE_FREE)
		return 3;
	return f->error->kind == HEAP_ERROR_INSIDE || f->error->kind == HEAP_ERROR_NO_BLOCK ? 4 : 5;
}

static void put_message(struct json *j, const char *key, const char *text)
{
	json_key(j, key);
	json_open_flat(j, '{');
	json_put_text(j, "text", text);
	json_close(j, '}');
}

static void put_rule(struct json *j, unsigned i)
{
	json_open(j, '{');
	json_put_text(j, "id", rules[i].id);
	json_put_text(j, "name", rules[i].name);
	put_message(j, "shortDescription", rules[i].brief);
	put_message(j, "fullDescription", rules[i].full);
	put_message(j, "help", rules[i].help);
	json_key(j, "defaultConfiguration");
	json_open_flat(j, '{');
	json_put_text(j, "level", rules[i].level);
	json_close(j, '}');
	json_key(j, "properties");
	json_open_flat(j, '{');
	json_put_text(j, "precision", i == 2 || i == 6 ? "medium" : "high");
	json_put_text(j, "problem.severity", rules[i].level);
	json_key(j, "tags");
	json_open_flat(j, '[');
	json_text(j, "memory");
	if (i < 3)
		json_text(j, "leak");
	json_text(j, rules[i].weakness);
	json_close(j, ']');
	json_close(j, '}');
	json_close(j, '}');
}

/* RFC 3986: what a path may hold as it is. */
static void put_uri(struct buf *out, const char *path)
{
	static const char plain[] = "-._~!$&'()*+,;=:@/";
	char hex[8];

	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;
		bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
				(c && strchr(plain, c));
		snprintf(hex, sizeof hex, is_plain ? "%c" : "%%%02X", c);
		buf_text(out, hex);
	}
}

static void put_uri_field(struct json *j, const char *prefix, const char *path, const char *suffix)
{
	struct buf uri = { 0 };

	buf_text(&uri, prefix);
	put_uri(&uri, path);
	buf_put(&uri, suffix, strlen(suffix) + 1);
	json_put_text(j, "uri", uri.failed ? "" : (char *)uri.bytes);
	buf_free(&uri);
}

static void put_location(struct json *j, const struct report_frame *f, const struct output_context *c,
			 const char *message)
{
	json_open(j, '{');
	if (f && f->file && f->line) {
		json_key(j, "physicalLocation");
		json_open(j, '{');
		json_key(j, "artifactLocation");
		json_open_flat(j, '{');
		if (finding_is_below_root(f, c)) {
			put_uri_field(j, "", finding_file(f, c), "");
			json_put_text(j, "uriBaseId", "SRCROOT");
		} else {
			put_uri_field(j, *f->file == '/' ? "file://" : "", f->file, "");
		}
		json_close(j, '}');
		json_key(j, "region");
		json_open_flat(j, '{');
		json_put_number(j, "startLine", f->line);
		json_close(j, '}');
		json_close(j, '}');
	}
	if (f && f->function) {
		json_key(j, "logicalLocations");
		json_open_flat(j, '[');
		json_open_flat(j, '{');
		json_put_text(j, "fullyQualifiedName", f->function);
		json_put_text(j, "kind", "function");
		json_close(j, '}');
		json_close(j, ']');
	}
	if (message)
		put_message(j, "message", message);
	json_close(j, '}');
}

static void put_step(struct json *j, const struct report_frame *f, const struct output_context *c,
		     const char *message)
{
	json_open(j, '{');
	json_key(j, "location");
	put_location(j, f, c, message);
	json_close(j, '}');
}

static void open_flow(struct json *j)
{
	json_open(j, '{');
	json_key(j, "threadFlows");
	json_open(j, '[');
	json_open(j, '{');
	json_key(j, "locations");
	json_open(j, '[');
}

static void close_flow(struct json *j)
{
	json_close(j, ']');
	json_close(j, '}');
	json_close(j, ']');
	json_close(j, '}');
}

/* From main inwards. */
static void put_stack_flow(struct json *j, const struct report_stack *s, const struct output_context *c)
{
	char text[2 * PLACE_TEXT], name[PLACE_TEXT];

	open_flow(j);
	for (uint32_t i = s->shown; i-- > 0;) {
		const char *callee = i ? s->frames[i - 1].function : s->allocator;
		snprintf(text, sizeof text, "calls %s", callee ? lines_function(name, callee, 100) : "?");
		put_step(j, &s->frames[i], c, text);
	}
	close_flow(j);
}

static void put_cycle_flow(struct json *j, const struct report_leak *leak, const struct output_context *c)
{
	char text[4 * PLACE_TEXT], what[PLACE_TEXT], field[PLACE_TEXT];

	open_flow(j);
	for (uint32_t i = 0; i < leak->nring; i++) {
		const struct report_edge *e = &leak->ring[i];
		snprintf(text, sizeof text, "%s refers by %s to the %s%s",
			 lines_what(what, e->from_type, e->from_bytes),
			 lines_field(field, e->field, e->offset),
			 i + 1 < leak->nring || lines_unshown(leak) ? "next" : "first",
			 e->break_reason ? "; this reference should not own" : "");
		put_step(j, finding_place(e->from_stack, c), c, text);
	}
	close_flow(j);
}

static const char *state_of(enum baseline_state state)
{
	static const char *const names[] = {
		[BASELINE_NEW] = "new", [BASELINE_GROWN] = "updated", [BASELINE_KNOWN] = "unchanged"
	};

	return names[state];
}

static void put_result(struct json *j, const struct finding *f, const struct output_context *c)
{
	const struct report_frame *place = finding_place(f->stack, c);
	unsigned rule = rule_of(f);
	struct buf title = { 0 };

	finding_title(&title, f);
	buf_put(&title, ".", 2);
	json_open(j, '{');
	json_put_text(j, "ruleId", rules[rule].id);
	json_put_number(j, "ruleIndex", rule);
	json_put_text(j, "level", finding_is_accepted(f) ? "note" : rules[rule].level);
	put_message(j, "message", title.failed ? "leaked" : (char *)title.bytes);
	json_key(j, "locations");
	json_open(j, '[');
	put_location(j, place, c, NULL);
	json_close(j, ']');
	json_key(j, "partialFingerprints");
	json_open_flat(j, '{');
	json_put_text(j, FINGERPRINT_ALGORITHM, f->fingerprint->strict);
	json_close(j, '}');
	if (*f->baseline)
		json_put_text(j, "baselineState", state_of(*f->baseline));
	json_put_number(j, "occurrenceCount", f->error ? f->error->instances : f->leak->instances);
	json_key(j, "codeFlows");
	json_open(j, '[');
	put_stack_flow(j, f->stack, c);
	if (f->error && f->error->allocation)
		put_stack_flow(j, f->error->allocation, c);
	if (f->leak && f->leak->nedges)
		put_cycle_flow(j, f->leak, c);
	json_close(j, ']');
	json_close(j, '}');
	buf_free(&title);
}

static void put_driver(struct json *j, const struct report *r)
{
	json_key(j, "tool");
	json_open(j, '{');
	json_key(j, "driver");
	json_open(j, '{');
	json_put_text(j, "name", "leakgraph");
	json_put_text(j, "semanticVersion", r->version);
	json_key(j, "rules");
	json_open(j, '[');
	for (unsigned i = 0; i < sizeof rules / sizeof *rules; i++)
		put_rule(j, i);
	json_close(j, ']');
	json_close(j, '}');
	json_close(j, '}');
}

static void put_run_facts(struct json *j, const struct output_context *c)
{
	json_key(j, "automationDetails");
	json_open_flat(j, '{');
	json_put_text(j, "id", "leakgraph/leak/");
	json_close(j, '}');
	if (c->root) {
		json_key(j, "originalUriBaseIds");
		json_open_flat(j, '{');
		json_key(j, "SRCROOT");
		json_open_flat(j, '{');
		put_uri_field(j, "file://", c->root, "/");
		json_close(j, '}');
		json_close(j, '}');
	}
	json_key(j, "invocations");
	json_open_flat(j, '[');
	json_open_flat(j, '{');
	json_put_bool(j, "executionSuccessful", !c->result || !c->result->why);
	json_close(j, '}');
	json_close(j, ']');
	json_put_text(j, "columnKind", "utf16CodeUnits");
}

void output_sarif(struct buf *out, const struct report *r, const struct output_context *c)
{
	struct json j;

	json_start(&j, out);
	json_open(&j, '{');
	json_put_text(&j, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	json_put_text(&j, "version", "2.1.0");
	json_key(&j, "runs");
	json_open(&j, '[');
	json_open(&j, '{');
	put_driver(&j, r);
	put_run_facts(&j, c);
	json_key(&j, "results");
	json_open(&j, '[');
	for (struct finding f = { 0 }; finding_next(&f, r, c);)
		put_result(&j, &f, c);
	json_close(&j, ']');
	json_close(&j, '}');
	json_close(&j, ']');
	json_close(&j, '}');
	json_end(&j);
}
