/* kept.c: see kept.h. The layouts are those of CPython 3.11 to 3.13; what does not look like them is not kept. */
#include "record/kept.h"
#include "leakgraph/cpython.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define NAME_BYTES 256u /* no name is longer */
#define TYPE_WORDS 22u /* of a type object, up to its flags */
#define PUT_WORDS ((size_t)LG_CHUNK_RAW_MAX / 16)
#define SEEN 1024u
#define PEEKED 64u

enum type_word { TYPE_OF = 1, TYPE_NAME = 3, TYPE_SIZE = 4, TYPE_ASYNC = 10, TYPE_FLAGS = 21 };
#define FLAG_HEAP (1u << 9)

struct kept {
	const struct trace_mapping *mappings;
	size_t nmappings;
	kept_read *read;
	const void *context;
	uint64_t type, str, code,
	    module; /* where PyType_Type, PyUnicode_Type, PyCode_Type and PyModule_Type are */
	uint64_t type_bytes; /* of a static type object: a heap type's first table lies behind it */
	uint64_t text; /* where the characters of an ASCII str begin */
	uint64_t lowest; /* no mapping begins below it */
	uint64_t asked[4096]; /* by page: its number << 1 | whether it is mapped */
	uint64_t looked_to, last; /* the end of what was looked at before, and the word there */
	bool was_dropped; /* that word */
	uint64_t seen[SEEN]; /* strings that were kept a moment ago, by address */
	/* Pages that were read a moment ago, by number: to ask the kernel takes longer than to copy a page. */
	struct peeked {
		uint64_t page; /* its number; 0: none */
		unsigned char bytes[LG_PAGE];
	} peeked[PEEKED];
	struct trace_memory *ranges;
	size_t nranges, ranges_room;
	uint64_t *words;
	size_t nwords, words_room;
	size_t put_ranges, put_words; /* how many of each kept_put() has given out */
};

/* ---- reading ----------------------------------------------------------------------------------------- */

/* NULL: the page cannot be read. */
static const unsigned char *page_at(struct kept *k, uint64_t page)
{
	struct peeked *p = &k->peeked[page % PEEKED];

	if (page && p->page == page)
		return p->bytes;
	p->page = page && k->read(k->context, page * LG_PAGE, p->bytes, LG_PAGE) ? page : 0;
	return p->page ? p->bytes : NULL;
}

/* A few bytes of the target. False: not all can be read. */
static bool peek(struct kept *k, uint64_t at, void *to, size_t bytes)
{
	for (size_t done = 0, n; done < bytes; done += n) {
		uint64_t from = at + done;
		const unsigned char *page = page_at(k, from / LG_PAGE);

		n = LG_PAGE - from % LG_PAGE;
		n = n < bytes - done ? n : bytes - done;
		if (!page)
			return false;
		memcpy((char *)to + done, page + from % LG_PAGE, n);
	}
	return true;
}

/* ---- collecting -------------------------------------------------------------------------------------- */

static bool grow(void *array, size_t *room, size_t need, size_t item_bytes)
{
	void *old, *grown;

	if (need <= *room)
		return true;
	memcpy(&old, array, sizeof old);
	size_t more = 2 * need;
	grown = realloc(old, more * item_bytes);
	if (!grown)
		return false;
	memcpy(array, &grown, sizeof grown);
	*room = more;
	return true;
}

static void keep(struct kept *k, uint64_t at, const uint64_t *words, size_t n)
{
	if (!n || !grow(&k->ranges, &k->ranges_room, k->nranges + 1, sizeof *k->ranges) ||
	    !grow(&k->words, &k->words_room, k->nwords + n, sizeof *k->words))
		return;
	k->ranges[k->nranges++] = (struct trace_memory){ .start = at, .bytes = 8 * n };
	memcpy(k->words + k->nwords, words, 8 * n);
	k->nwords += n;
}

/* Keeps the words that the bytes lie in, as they are: neighbours may share one. */
static void keep_bytes(struct kept *k, uint64_t at, size_t n)
{
	uint64_t words[NAME_BYTES * 4 / 8 + 16], start = at - at % 8, end = (at + n + 7) / 8 * 8;

	if (end - start <= sizeof words && peek(k, start, words, end - start))
		keep(k, start, words, (size_t)(end - start) / 8);
}

static bool was_seen(struct kept *k, uint64_t addr)
{
	uint64_t *slot = &k->seen[addr / 16 % SEEN];
	bool was = *slot == addr;

	*slot = addr;
	return was;
}

/* A C string of the target: as much as can be read without touching a page that may be missing. */
static size_t read_text(struct kept *k, uint64_t at, char text[NAME_BYTES])
{
	size_t n = NAME_BYTES;

	if (!at || !peek(k, at, text, n)) {
		n = 4096 - at % 4096;
		n = n < NAME_BYTES ? n : NAME_BYTES;
		if (!at || !peek(k, at, text, n))
			return 0;
	}
	return strnlen(text, n) < n ? strlen(text) : 0;
}

static void keep_text(struct kept *k, uint64_t at)
{
	char text[NAME_BYTES];
	size_t n = read_text(k, at, text);

	if (n && !was_seen(k, at))
		keep_bytes(k, at, n + 1);
}

/* ---- strings ----------------------------------------------------------------------------------------- */

#define STATE_INTERNED 3u
#define STATE_KIND(state) ((state) >> 2 & 7)
#define STATE_COMPACT (1u << 5)
#define STATE_ASCII (1u << 6)

struct head { /* of a str, as far as all versions agree */
	uint64_t count, type, length, hash;
	uint32_t state, padding;
};

/* Bytes from its first to the one behind its characters' NUL; 0: it is none, or too long for a name. */
static size_t string_bytes(const struct kept *k, const struct head *s)
{
	uint32_t kind = STATE_KIND(s->state);
	uint64_t text = k->text + (s->state & STATE_ASCII ? 0 : k->text - 24); /* compact: 48 + 24, 40 + 16 */

	if (s->type != k->str || s->length > NAME_BYTES || !(s->state & STATE_COMPACT) ||
	    (kind != 1 && kind != 2 && kind != 4))
		return 0;
	return text + (s->length + 1) * kind;
}

/* All but its count, type and hash. */
static void keep_string(struct kept *k, uint64_t at, const struct head *s)
{
	size_t n = string_bytes(k, s);

	if (!n || was_seen(k, at))
		return;
	keep(k, at + 16, &s->length, 1);
	keep_bytes(k, at + 32, n - 32);
}

static void keep_string_at(struct kept *k, uint64_t at)
{
	struct head s;

	if (at && at % 8 == 0 && peek(k, at, &s, sizeof s))
		keep_string(k, at, &s);
}

/* ---- objects ----------------------------------------------------------------------------------------- */

static void keep_type(struct kept *k, uint64_t at)
{
	uint64_t type[TYPE_WORDS];

	if (!peek(k, at, type, sizeof type))
		return;
	keep(k, at + 8 * TYPE_FLAGS, &type[TYPE_FLAGS], 1);
	keep_text(k, type[TYPE_NAME]);
}

static void keep_code(struct kept *k, uint64_t at)
{
	uint64_t names[3]; /* file, name, qualified name: the same place in all versions */

	if (!peek(k, at + CODE_FILE, names, sizeof names))
		return;
	for (int i = 0; i < 3; i++)
		keep_string_at(k, names[i]);
}

static void keep_module(struct kept *k, uint64_t at)
{
	uint64_t name;

	if (peek(k, at + MODULE_NAME, &name, sizeof name))
		keep_string_at(k, name);
}

/* The object whose second word is words[i]. */
static void look_at(struct kept *k, const uint64_t *words, size_t i, size_t n, uint64_t at)
{
	struct head s;

	if (words[i] == k->type) {
		keep_type(k, at - 8);
	} else if (words[i] == k->code) {
		keep_code(k, at - 8);
	} else if (words[i] == k->module) {
		keep_module(k, at - 8);
	} else if (words[i] == k->str) {
		memset(&s, 0, sizeof s);
		if (i && n - i >= 4)
			memcpy(&s, &words[i - 1], sizeof s);
		else if (!peek(k, at - 8, &s, sizeof s))
			return;
		if (s.state & STATE_INTERNED)
			keep_string(k, at - 8, &s);
	}
}

/* ---- pointers at odd addresses ----------------------------------------------------------------------- */

static bool is_in_a_mapping(const struct kept *k, uint64_t value)
{
	size_t at = mappings_after(k->mappings, k->nmappings, value);

	return at < k->nmappings && value >= k->mappings[at].start;
}

static bool is_mapped(struct kept *k, uint64_t value)
{
	uint64_t page = value / LG_PAGE, *asked = &k->asked[page % 4096];

	if (value < k->lowest || value >> 47)
		return false;
	if (*asked >> 1 != page)
		*asked = page << 1 | is_in_a_mapping(k, value);
	return *asked & 1;
}

static bool is_dropped(struct kept *k, uint64_t word)
{
	return !lg_is_small(word) && !is_mapped(k, word);
}

/* An object's address is a multiple of 16. Two words neither of which is dropped are in the trace as they are. */
static void look_between(struct kept *k, const uint64_t words[2], uint64_t at)
{
	for (unsigned shift = 1; shift < 8; shift++) {
		uint64_t value = words[0] >> 8 * shift | words[1] << (64 - 8 * shift);

		if (!(value & 15) && is_mapped(k, value)) {
			keep(k, at, words, 2);
			return;
		}
	}
}

/* What is looked at in two pieces is one piece of memory. */
void kept_look(struct kept *k, const uint64_t *words, size_t nwords, uint64_t start)
{
	bool was_dropped = k->was_dropped;

	for (size_t i = 0; i < nwords; i++) {
		uint64_t word = words[i], at = start + 8 * i;
		bool dropped = is_dropped(k, word);

		if (word == k->str || word == k->type || word == k->code || (word == k->module && word))
			look_at(k, words, i, nwords, at);
		else if (word == at + k->type_bytes - 8 * TYPE_ASYNC)
			keep_type(k, at - 8 * TYPE_ASYNC);
		if ((dropped || was_dropped) && (i || start == k->looked_to))
			look_between(k, (const uint64_t[]){ i ? words[i - 1] : k->last, word }, at - 8);
		was_dropped = dropped;
	}
	k->was_dropped = was_dropped;
	k->last = nwords ? words[nwords - 1] : k->last;
	k->looked_to = start + 8 * nwords;
}

/* ---- finding CPython --------------------------------------------------------------------------------- */

/* Whether it looks like a static type object of this name. */
static bool is_named(struct kept *k, const uint64_t *object, const char *name)
{
	char text[NAME_BYTES];

	return read_text(k, object[TYPE_NAME], text) && !strcmp(text, name);
}

/* type is the type of type: there is one such object. */
static uint64_t find_type(struct kept *k, const uint64_t *words, size_t n, uint64_t start)
{
	for (size_t i = 0; i + TYPE_WORDS <= n; i++)
		if (words[i + TYPE_OF] == start + 8 * i && is_named(k, &words[i], "type"))
			return start + 8 * i;
	return 0;
}

static uint64_t find_static(struct kept *k, const uint64_t *words, size_t n, uint64_t start, const char *name)
{
	for (size_t i = 0; i + TYPE_WORDS <= n; i++)
		if (words[i + TYPE_OF] == k->type && is_named(k, &words[i], name))
			return start + 8 * i;
	return 0;
}

static bool find_in(struct kept *k, const uint64_t *words, size_t n, uint64_t start)
{
	k->type = find_type(k, words, n, start);
	if (!k->type)
		return false;
	k->str = find_static(k, words, n, start, "str");
	k->code = find_static(k, words, n, start, "code");
	k->module = find_static(k, words, n, start, "module");
	uint64_t heap_type_bytes = words[(k->type - start) / 8 + TYPE_SIZE];
	bool is_311 = heap_type_bytes == 904;
	k->type_bytes = is_311 ? 408 : 416;
	k->text = is_311 ? 48 : 40;
	return k->str && (is_311 || heap_type_bytes == 920 || heap_type_bytes == 928);
}

static bool is_pythons(const struct trace_mapping *m)
{
	const char *slash = strrchr(m->path, '/');

	return slash && m->prot & PROT_WRITE && strstr(slash, "python") && m->end - m->start < 64u << 20;
}

static bool has_pythons(const struct trace_mapping *mappings, size_t n)
{
	bool has = false;

	for (size_t i = 0; i < n && !has; i++)
		has = is_pythons(&mappings[i]);
	return has;
}

static bool find(struct kept *k)
{
	bool found = false;

	for (size_t i = 0; i < k->nmappings && !found; i++) {
		const struct trace_mapping *m = &k->mappings[i];
		size_t bytes = (size_t)(m->end - m->start);
		uint64_t *words = is_pythons(m) ? malloc(bytes) : NULL;

		if (words && k->read(k->context, m->start, words, bytes))
			found = find_in(k, words, bytes / 8, m->start);
		free(words);
	}
	return found;
}

struct kept *kept_open(const struct trace_mapping *mappings, size_t nmappings, kept_read *read,
		       const void *context)
{
	struct kept *k = has_pythons(mappings, nmappings) ? calloc(1, sizeof *k) : NULL;

	if (!k)
		return NULL;
	k->mappings = mappings;
	k->nmappings = nmappings;
	k->read = read;
	k->context = context;
	k->lowest = nmappings ? mappings[0].start : 0;
	if (find(k))
		return k;
	free(k);
	return NULL;
}

/* ---- the chunks -------------------------------------------------------------------------------------- */

bool kept_put(struct kept *k, struct buf *out)
{
	size_t ranges = 0, words = 0;

	while (k->put_ranges + ranges < k->nranges && words < PUT_WORDS)
		words += (size_t)k->ranges[k->put_ranges + ranges++].bytes / 8;
	if (!ranges)
		return false;
	buf_clear(out);
	put_memory(out, k->ranges + k->put_ranges, ranges, k->words + k->put_words);
	k->put_ranges += ranges;
	k->put_words += words;
	return true;
}

void kept_free(struct kept *k)
{
	if (!k)
		return;
	free(k->ranges);
	free(k->words);
	free(k);
}
