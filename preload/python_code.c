/* python_code.c: the line that an instruction of Python code is of, as the number of a frame; the names of the code, once
 * for each file and name, go to the area. Code may be freed and its address taken by other code: what is remembered
 * of an address holds for one birth only. */
#include "python.h"

#include <string.h>

/* ---- names ------------------------------------------------------------------------------------------- */

/* A character in UTF-8; the bytes that it takes. */
static uint32_t put_character(char *to, uint32_t c)
{
	uint32_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (uint32_t i = n; i-- > 1; c >>= 6)
		to[i] = (char)(0x80 | (c & 63));
	to[0] = (char)(lead[n] | c);
	return n;
}

static uint32_t character_at(uint64_t characters, uint64_t i, uint32_t width)
{
	if (width == 1)
		return ((const uint8_t *)characters)[i];
	return width == 2 ? ((const uint16_t *)characters)[i] : ((const uint32_t *)characters)[i] & 0x1fffff;
}

/* A str as text of at most LG_PYTHON_STRING_MAX bytes; how many they are, 0: it is none. */
static uint16_t put_string(struct python_walk *w, const struct layout *at, char *to, uint64_t str)
{
	uint32_t state, width, used = 0;
	uint64_t length, characters;

	if (str % 8 || !may_read(w, str, STR_BYTES))
		return 0;
	length = word_at(str + OBJECT_SIZE);
	state = (uint32_t)word_at(str + STR_STATE);
	width = state >> 2 & 7;
	characters = str + (state >> 6 & 1 ? at->ascii : at->compact);
	length = length < LG_PYTHON_STRING_MAX ? length : LG_PYTHON_STRING_MAX;
	if (!(state >> 5 & 1) || !(width == 1 || width == 2 || width == 4) || !length ||
	    !may_read(w, characters, length * width))
		return 0;
	for (uint64_t i = 0; i < length && used + 4 <= LG_PYTHON_STRING_MAX; i++)
		used += put_character(to + used, character_at(characters, i, width));
	return (uint16_t)used;
}

static struct lg_python_code *text_at(uint32_t place)
{
	return (void *)((char *)shim.area + LG_OFF_PYTHON + (uint64_t)place * LG_PYTHON_UNIT);
}

static uint32_t text_bytes(const struct lg_python_code *c)
{
	return (uint32_t)offsetof(struct lg_python_code, text) + c->file_bytes + c->name_bytes;
}

static uint32_t text_put(const struct lg_python_code *c)
{
	uint32_t units = (text_bytes(c) + LG_PYTHON_UNIT - 1) / LG_PYTHON_UNIT;
	uint32_t place = atomic_fetch_add(&shim.area->python_units, units) + 1, end = place + units;

	if (end > LG_PYTHON_TEXT_BYTES / LG_PYTHON_UNIT) {
		atomic_store(&shim.area->python_units, LG_PYTHON_TEXT_BYTES / LG_PYTHON_UNIT);
		return 0;
	}
	memcpy(text_at(place), c, text_bytes(c));
	return place;
}

static bool text_is(uint32_t place, const struct lg_python_code *c)
{
	return !memcmp(text_at(place), c, text_bytes(c));
}

static uint64_t text_hash(const struct lg_python_code *c)
{
	const uint8_t *bytes = (const uint8_t *)c;
	uint64_t h = 0xcbf29ce484222325ULL; /* FNV-1a */

	for (uint32_t i = 0; i < text_bytes(c); i++)
		h = (h ^ bytes[i]) * 0x100000001b3ULL;
	return h;
}

#define PROBES 64u

/* Where in the area's text this is, put down the first time; 0: no room. */
static uint32_t text_find(const struct lg_python_code *c)
{
	_Atomic uint32_t *places = (void *)((char *)shim.area + LG_OFF_PYTHON_PLACES);
	uint32_t home = hash_to(text_hash(c), LG_PYTHON_PLACES), made = 0;

	for (uint32_t probe = 0; probe < PROBES; probe++) {
		_Atomic uint32_t *place = &places[(home + probe) % LG_PYTHON_PLACES];
		uint32_t known = atomic_load(place);

		if (!known && !made && !(made = text_put(c)))
			return 0;
		if (!known && atomic_compare_exchange_strong(place, &known, made))
			return made;
		if (text_is(known, c))
			return known;
	}
	return 0;
}

/* ---- lines ------------------------------------------------------------------------------------------- */

LARGE _Atomic uint32_t python_births[BIRTHS];

void python_count_lost(void)
{
	atomic_fetch_add(&shim.area->python_lost, 1);
}

/* Code that only starts other code up belongs to no function. */
static bool is_code(struct python_walk *w, const struct python *p, uint64_t code, uint64_t instruction)
{
	if (code % 8 || !may_read(w, code, CODE_BYTES) || word_at(code + OBJECT_TYPE) != p->code_type)
		return false;
	uint64_t units = word_at(code + OBJECT_SIZE), untraced = *(uint32_t *)(code + p->at->untraced);
	uint64_t begin =
	    code + p->at->code_instructions - UNIT; /* where it stands before its first instruction */
	return units < 1u << 28 && instruction - begin <= UNIT * units && untraced < units;
}

static uint32_t find_line(struct python_walk *w, const struct layout *at, uint64_t code, uint64_t instruction)
{
	uint64_t table = word_at(code + CODE_LINES), first = code + at->code_instructions, n;
	uint32_t first_line = *(uint32_t *)(code + at->first_line);

	if (instruction < first)
		return first_line <= LG_PYTHON_LINE_MAX ? first_line : 0;
	if (table % 8 || !may_read(w, table, BYTES_BYTES))
		return 0;
	n = word_at(table + OBJECT_SIZE);
	if (n > 1u << 24 || !may_read(w, table + BYTES_BYTES, n + 1))
		return 0;
	return python_line((const uint8_t *)(table + BYTES_BYTES), n, first_line, instruction - first);
}

/* The number of a line of code, 0: it has none, or there is no room. */
static uint32_t number_line(struct python_walk *w, const struct layout *at, uint64_t code,
			    uint64_t instruction)
{
	struct lg_python_code *c = (void *)w->text;
	uint32_t place, number = 0;

	c->file_bytes = put_string(w, at, c->text, word_at(code + CODE_FILE));
	c->name_bytes = put_string(w, at, c->text + c->file_bytes, word_at(code + CODE_QUALIFIED_NAME));
	place = c->name_bytes ? text_find(c) : 0;
	if (place)
		number = code_number(LG_FRAME_PYTHON << LG_FRAME_MODULE_SHIFT |
				     (uint64_t)place << LG_PYTHON_CODE_SHIFT |
				     find_line(w, at, code, instruction));
	if (!number)
		python_count_lost();
	return number;
}

/* Where blocks are sampled nobody tells when the code's is freed: it is looked at each time. */
static void know(uint64_t code)
{
	if (is_known(code) || shim.sample_bytes)
		return;
	atomic_fetch_add(&python_births[hash_to(code, BIRTHS)], 1);
	atomic_fetch_or(memo_place(code), MEMO_PYTHON);
}

uint32_t learn_position(struct python_walk *w, const struct python *p, struct position *at, uint64_t code,
			uint64_t instruction)
{
	uint32_t ticket = w->ticket, number;

	if (!is_code(w, p, code, instruction))
		return 0;
	know(code);
	number = number_line(w, p->at, code, instruction);
	at->instruction = 0;
	atomic_signal_fence(memory_order_seq_cst);
	at->code = code;
	at->name = word_at(code + CODE_QUALIFIED_NAME);
	at->stamp = word_at(code + p->at->stamp);
	at->birth = birth_of(code);
	at->number = number;
	atomic_signal_fence(memory_order_seq_cst);
	at->instruction = instruction;
	atomic_signal_fence(memory_order_seq_cst);
	if (unlikely(w->ticket != ticket))
		at->instruction = 0;
	return number;
}
