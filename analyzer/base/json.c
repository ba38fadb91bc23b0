/* json.c: see json.h. */
#include "base/json.h"
#include "base/escape.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void put(struct json *j, const char *text)
{
	buf_put(j->out, text, strlen(text));
}

static bool is_flat(const struct json *j)
{
	return j->flat && j->depth >= j->flat;
}

static void new_line(struct json *j)
{
	put(j, "\n");
	for (unsigned i = 0; i < j->depth; i++)
		put(j, "  ");
}

/* What stands between the last thing and the next: nothing after a key, else comma and line. */
static void before_value(struct json *j)
{
	if (j->after_key) {
		j->after_key = false;
		return;
	}
	if (j->has_items[j->depth])
		put(j, is_flat(j) ? ", " : ",");
	if (j->depth && !is_flat(j))
		new_line(j);
	j->has_items[j->depth] = true;
}

void json_start(struct json *j, struct buf *out)
{
	*j = (struct json){ .out = out };
}

void json_open(struct json *j, char bracket)
{
	before_value(j);
	buf_put(j->out, &bracket, 1);
	if (j->depth + 1 < JSON_DEPTH_MAX)
		j->depth++;
	else
		j->out->failed = true; /* a bug of the caller's: better no output than a wrong one */
	j->has_items[j->depth] = false;
}

void json_open_flat(struct json *j, char bracket)
{
	json_open(j, bracket);
	if (!j->flat)
		j->flat = j->depth;
}

void json_close(struct json *j, char bracket)
{
	bool on_one_line = is_flat(j) || !j->has_items[j->depth];

	if (j->flat == j->depth)
		j->flat = 0;
	j->depth--;
	if (!on_one_line)
		new_line(j);
	buf_put(j->out, &bracket, 1);
}

void json_end(struct json *j)
{
	put(j, "\n");
}

/* ---- text ---------------------------------------------------------------------------------------------- */

static void put_control(struct json *j, unsigned char c)
{
	char text[8];

	if (c == '\n')
		put(j, "\\n");
	else if (c == '\t')
		put(j, "\\t");
	else if (c == '\r')
		put(j, "\\r");
	else {
		snprintf(text, sizeof text, "\\u%04x", c);
		put(j, text);
	}
}

static void put_quoted(struct json *j, const char *s)
{
	put(j, "\"");
	while (*s) {
		size_t n = utf8_bytes(s);

		if (!n)
			put(j, "\xef\xbf\xbd");
		else if ((unsigned char)*s < 0x20 || *s == 0x7f)
			put_control(j, (unsigned char)*s);
		else {
			if (*s == '"' || *s == '\\')
				put(j, "\\");
			buf_put(j->out, s, n);
		}
		s += n ? n : 1;
	}
	put(j, "\"");
}

/* ---- values -------------------------------------------------------------------------------------------- */

void json_key(struct json *j, const char *key)
{
	before_value(j);
	put_quoted(j, key);
	put(j, ": ");
	j->after_key = true;
}

void json_text(struct json *j, const char *text)
{
	before_value(j);
	if (text)
		put_quoted(j, text);
	else
		put(j, "null");
}

void json_number(struct json *j, uint64_t number)
{
	before_value(j);
	buf_number(j->out, number);
}

void json_address(struct json *j, uint64_t address)
{
	char text[24];

	before_value(j);
	snprintf(text, sizeof text, "\"0x%" PRIx64 "\"", address);
	put(j, text);
}

void json_bool(struct json *j, bool value)
{
	before_value(j);
	put(j, value ? "true" : "false");
}

void json_null(struct json *j)
{
	json_text(j, NULL);
}

void json_put_text(struct json *j, const char *key, const char *text)
{
	json_key(j, key);
	json_text(j, text);
}

void json_put_number(struct json *j, const char *key, uint64_t number)
{
	json_key(j, key);
	json_number(j, number);
}

void json_put_address(struct json *j, const char *key, uint64_t address)
{
	json_key(j, key);
	json_address(j, address);
}

void json_put_bool(struct json *j, const char *key, bool value)
{
	json_key(j, key);
	json_bool(j, value);
}
