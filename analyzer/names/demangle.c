/* demangle.c: see demangle.h. What cplus_demangle(DMGL_AUTO) tries (Rust, then the C++ ABI), by the entry points
 * that hand out pieces: a name of 100 bytes can spell gigabytes by its back references, and only between two
 * pieces can it be stopped. libiberty's own recursion limit would refuse every name over 1 KiB, deep or not; without
 * it the worst names of DEMANGLE_MAX_INPUT take under 2 MiB of stack (measured). */
#include "names/demangle.h"

#include "base/buf.h"

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

struct spelling {
	struct buf text;
	jmp_buf too_long;
};

/* libiberty gives a piece no way to refuse; its printers own no memory, so they can be left from here. */
static void spell_piece(const char *piece, size_t length, void *opaque)
{
	struct spelling *s = opaque;

	if (s->text.used + length >= DEMANGLE_MAX_OUTPUT)
		longjmp(s->too_long, 1);
	buf_put(&s->text, piece, length);
}

static bool spell(struct spelling *s, const char *symbol)
{
	const int options = DMGL_PARAMS | DMGL_ANSI | DMGL_NO_RECURSE_LIMIT;

	if (setjmp(s->too_long))
		return false;
	if (rust_demangle_callback(symbol, options, spell_piece, s))
		return true;
	buf_clear(&s->text);
	return cplus_demangle_v3_callback(symbol, options, spell_piece, s);
}

/* "_Z...", "_R..." and their dotted variants; anything else is a plain name, whatever the demanglers make of it. */
static bool looks_mangled(const char *symbol)
{
	return symbol[0] == '_' && (symbol[1] == 'Z' || symbol[1] == 'R');
}

char *demangle(const char *symbol)
{
	struct spelling s = { 0 };

	if (!looks_mangled(symbol) || strlen(symbol) > DEMANGLE_MAX_INPUT)
		return NULL;
	bool is_spelled = spell(&s, symbol);
	buf_put(&s.text, "", 1);
	if (is_spelled && !s.text.failed && s.text.used > 1)
		return (char *)s.text.bytes;
	buf_free(&s.text);
	return NULL;
}

bool demangle_tells_void(const char *symbol)
{
	if (!looks_mangled(symbol) || strlen(symbol) > DEMANGLE_MAX_INPUT)
		return false;
	if (is_gnu_v3_mangled_ctor(symbol) || is_gnu_v3_mangled_dtor(symbol))
		return true;
	char *text = demangle(symbol);
	bool is_void = text && !strncmp(text, "void ", 5);
	free(text);
	return is_void;
}
