/* escape.c: see escape.h. */
#include "base/escape.h"

/* Overlong forms, surrogates and anything past U+10FFFF are not valid (Unicode 15, table 3-7). */
size_t utf8_bytes(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	unsigned char low = 0x80, high = 0xbf;
	size_t n;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		n = 2;
	else if ((s[0] & 0xf0) == 0xe0)
		n = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

void escape_put(struct buf *out, const char *text, escape_rule *rule)
{
	while (*text) {
		const char *instead = rule(*text);
		size_t n = utf8_bytes(text);

		if (instead)
			buf_text(out, instead);
		else if (!n)
			buf_text(out, "\xef\xbf\xbd");
		else if ((unsigned char)*text < ' ' || *text == 0x7f)
			buf_text(out, "?");
		else
			buf_put(out, text, n);
		text += n ? n : 1;
	}
}

const char *escape_xml(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\n':
		return "\n";
	case '\t':
		return "\t";
	default:
		return NULL;
	}
}

const char *escape_sql(char c)
{
	return c == '\'' ? "''" : NULL;
}

const char *escape_dot(char c)
{
	return c == '"' ? "\\\"" : c == '\\' ? "\\\\" : NULL;
}

const char *escape_folded(char c)
{
	return c == ';' ? ":" : NULL;
}

const char *escape_nothing(char c)
{
	(void)c;
	return NULL;
}
