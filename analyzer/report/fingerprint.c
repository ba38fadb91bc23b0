/* fingerprint.c: see fingerprint.h. */
#include "report/fingerprint.h"
#include "base/buf.h"
#include "report/spelling.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NAMELESS "?!?\n"

#define XXH_INLINE_ALL
#include <xxhash.h>

/* ---- names --------------------------------------------------------------------------------------------- */

/* Length of name without one suffix that a compiler adds to a copy of a function: ".constprop.0", ".cold". */
static size_t without_clone(const char *name, size_t n)
{
	static const char *const clones[] = { ".constprop", ".isra", ".part",	    ".cold",
					      ".lto_priv",  ".llvm", ".localalias", ".clone" };
	size_t end = n;

	while (end && isdigit((unsigned char)name[end - 1]))
		end--;
	if (end < n && end && name[end - 1] == '.')
		end--;
	else
		end = n;
	for (size_t i = 0; i < sizeof clones / sizeof *clones; i++) {
		size_t k = strlen(clones[i]);

		if (end > k && !memcmp(name + end - k, clones[i], k))
			return end - k;
	}
	return n;
}

/* Length of name without Rust's "::h0123456789abcdef". */
static size_t without_rust_hash(const char *name, size_t n)
{
	if (n < 19 || memcmp(name + n - 19, "::h", 3))
		return n;
	for (size_t i = n - 16; i < n; i++)
		if (!isxdigit((unsigned char)name[i]))
			return n;
	return n - 19;
}

static size_t without_version(const char *name, size_t n)
{
	const char *at = memchr(name, '@', n);

	return at && at != name ? (size_t)(at - name) : n;
}

/* What is left out of a name, and how the rest goes on. */
struct normal {
	char *out;
	size_t n, component; /* used; where the last component of the name begins */
};

/* "{lambda(int)#2}", "$_1", "{unnamed type#3}", "{closure#0}": without its number, which shifts when another comes before
 * it; lambdas without anything, as debug information has no name for them at all. Returns its length, 0: no such. */
static size_t take_nameless(struct normal *o, const char *s)
{
	size_t n = strcspn(s, "}"), number;

	if (!strncmp(s, "$_", 2) && isdigit((unsigned char)s[2]))
		return 2 + strspn(s + 2, "0123456789");
	if (*s != '{' || s[1] == '{' || s[n] != '}')
		return 0;
	if (!strncmp(s, "{lambda(", 8))
		return n + 1;
	for (number = n; number && isdigit((unsigned char)s[number - 1]); number--)
		;
	memcpy(o->out + o->n, s, s[number - 1] == '#' ? number - 1 : n);
	o->n += s[number - 1] == '#' ? number - 1 : n;
	o->out[o->n++] = '}';
	return n + 1;
}

/* Of a name's parameters, template arguments and ABI tags nothing is taken. Returns their length, 0: no such. */
static size_t bracket_length(const char *s)
{
	size_t n = strcspn(s, "]");

	if (*s == '<' || *s == '(')
		return (size_t)(spelling_closed(s) - s) + 1;
	return strncmp(s, "[abi:", 5) ? 0 : n + (s[n] == ']');
}

static bool is_after(const struct normal *o, const char *word)
{
	size_t n = strlen(word);

	return o->n >= n && !memcmp(o->out + o->n - n, word, n);
}

/* A name is done behind its parameters, unless it is that of something local to a function. */
static bool is_done(const struct normal *o, const char *bracket, size_t length)
{
	bool is_last = !bracket[length] || bracket[length] == ' ';

	return *bracket == '(' && is_last && !is_after(o, "decltype") && o->n;
}

/* "operator bool", "operator new" */
static bool is_conversion(const struct normal *o)
{
	static const char word[] = "operator";

	return o->n - o->component >= sizeof word - 1 &&
	       !memcmp(o->out + o->component, word, sizeof word - 1);
}

/* Behind a blank the name itself begins, and what was before it is a type. */
static void take_character(struct normal *o, char c)
{
	bool is_empty = c == ':' && o->n == o->component;

	if (c == ' ' && !is_conversion(o))
		o->n = o->component = 0;
	else if (!is_empty)
		o->out[o->n++] = c;
	if (is_after(o, "::"))
		o->component = o->n;
}

static size_t take_name(char *out, const char *s)
{
	struct normal o = { .out = out };
	size_t length;

	if (*s == '<') { /* Rust's "<Type as Trait>::function" */
		o.n = (size_t)(spelling_closed(s) - s) + 1;
		memcpy(out, s, o.n);
		s += o.n;
	}
	while (*s && strncmp(s, " [clone ", 8)) {
		length = spelling_anonymous(s) + (o.n == o.component ? spelling_operator(s) : 0);
		if (length) {
			memcpy(o.out + o.n, s, length);
			o.n += length;
		} else if ((length = bracket_length(s))) {
			if (is_done(&o, s, length))
				break;
		} else if (!(length = take_nameless(&o, s))) {
			length = 1;
			if (*s != ' ' || s[1] != '<') /* "operator<< <char>" */
				take_character(&o, *s);
		}
		s += length;
	}
	while (o.n && o.out[o.n - 1] == ':')
		o.n--;
	return o.n;
}

void normal_function(char *out, const char *function)
{
	size_t n = take_name(out, function), before;

	do {
		before = n;
		n = without_version(out, n);
		n = without_clone(out, n);
		n = without_rust_hash(out, n);
	} while (n < before);
	out[n] = '\0';
}

void normal_module(char *out, const char *module)
{
	strcpy(out, module);
	for (char *so = strstr(out, ".so."); so; so = strstr(so + 1, ".so."))
		if (!so[4 + strspn(so + 4, "0123456789.")]) {
			so[3] = '\0';
			return;
		}
}

/* ---- the text ------------------------------------------------------------------------------------------ */

/* Appends "module!function\n" unless that is what the text ends with already. False: not appended. */
static bool put_frame(struct buf *text, const struct report_frame *frame, size_t *last)
{
	const char *function = frame->function ? frame->function : "?";
	size_t room = strlen(frame->module) + strlen(function) + 3, start = text->used;

	if (!buf_reserve(text, room))
		return false;
	char *line = (char *)text->bytes + start;
	normal_module(line, frame->module);
	strcat(line, "!");
	if (frame->language)
		strcat(line, function); /* as the source has it */
	else
		normal_function(line + strlen(line), function);
	strcat(line, "\n");
	size_t n = strlen(line);
	if (start - *last == n && !memcmp(text->bytes + *last, line, n))
		return false;
	*last = start;
	text->used = start + n;
	return true;
}

static bool is_dropped(const struct report_frame *frame)
{
	if (frame->is_interpreter || frame->language)
		return frame->is_interpreter;
	return frame_is_allocator(frame->function) ||
	       (frame->function && strstr(frame->function, "UnknownInlinedFun"));
}

static bool is_own(const struct report_frame *frame)
{
	return frame->language || (frame->function && !frame_is_runtime(frame->function, frame->module));
}

static void put_text(struct buf *text, const struct report_stack *stack, uint32_t most, bool own_only)
{
	size_t last = text->used;
	uint32_t n = 0;

	for (uint32_t i = 0; i < stack->shown && n < most; i++)
		if (!is_dropped(&stack->frames[i]) && (!own_only || is_own(&stack->frames[i])))
			n += put_frame(text, &stack->frames[i], &last);
	if (!n)
		buf_text(text, NAMELESS);
}

static void hash_text(char digits[FINGERPRINT_DIGITS + 1], const struct buf *text)
{
	XXH128_hash_t hash = XXH3_128bits(text->bytes, text->used);

	snprintf(digits, FINGERPRINT_DIGITS + 1, "%016" PRIx64 "%016" PRIx64, hash.high64, hash.low64);
}

static const char *finish(struct buf *text, char digits[FINGERPRINT_DIGITS + 1], struct pool *pool)
{
	hash_text(digits, text);
	buf_put(text, "", 1);
	const char *kept = text->failed ? NULL : pool_text(pool, (const char *)text->bytes);
	buf_clear(text);
	return kept;
}

bool fingerprint_is_vague(const struct fingerprint *f)
{
	return strstr(f->loose_text, NAMELESS) != NULL;
}

static int finish_both(struct fingerprint *f, struct buf *strict, struct buf *loose, struct pool *pool)
{
	f->strict_text = finish(strict, f->strict, pool);
	f->loose_text = finish(loose, f->loose, pool);
	buf_free(strict);
	buf_free(loose);
	return f->strict_text && f->loose_text ? 0 : -1;
}

int fingerprint_pooled(struct fingerprint *f, const char *type, struct pool *pool)
{
	struct buf text = { 0 };

	buf_text(&text, "pool!");
	buf_text(&text, type ? type : "?");
	buf_text(&text, "\n");
	f->strict_text = f->loose_text = finish(&text, f->strict, pool);
	memcpy(f->loose, f->strict, sizeof f->loose);
	buf_free(&text);
	return f->strict_text ? 0 : -1;
}

int fingerprint_stack(struct fingerprint *f, const struct report_stack *stack, struct pool *pool)
{
	struct buf strict = { 0 }, loose = { 0 };

	put_text(&strict, stack, FINGERPRINT_FRAMES, false);
	put_text(&loose, stack, FINGERPRINT_LOOSE_FRAMES, true);
	return finish_both(f, &strict, &loose, pool);
}

int fingerprint_error(struct fingerprint *f, const char *kind, const struct report_stack *call,
		      const struct report_stack *block, struct pool *pool)
{
	struct buf texts[2] = { { 0 }, { 0 } };

	for (int is_loose = 0; is_loose < 2; is_loose++) {
		uint32_t most = is_loose ? FINGERPRINT_LOOSE_FRAMES : FINGERPRINT_FRAMES;

		buf_text(&texts[is_loose], "heap-error ");
		buf_text(&texts[is_loose], kind);
		buf_text(&texts[is_loose], "\n");
		put_text(&texts[is_loose], call, most, is_loose);
		if (block) {
			buf_text(&texts[is_loose], "block\n");
			put_text(&texts[is_loose], block, most, is_loose);
		}
	}
	return finish_both(f, &texts[0], &texts[1], pool);
}

int fingerprint_growth(struct fingerprint *f, const struct report_stack *stack, struct pool *pool)
{
	struct buf texts[2] = { { 0 }, { 0 } };
	struct report_stack site = { .frames = stack_site(stack), .nframes = 1, .shown = 1 };

	site.shown = site.frames ? 1 : 0;
	for (int is_loose = 0; is_loose < 2; is_loose++) {
		buf_text(&texts[is_loose], "growth\n");
		put_text(&texts[is_loose], &site, 1, false);
	}
	return finish_both(f, &texts[0], &texts[1], pool);
}
