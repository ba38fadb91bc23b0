/* json.h: JSON out, into a buf. Deterministic: the same calls give the same bytes.
 *
 * Commas, line ends and indentation are the writer's business. Text that is not valid UTF-8 gets U+FFFD for each
 * bad byte; 64-bit integers are written whole; addresses are "0x..." strings. Running out of memory sticks in
 * the buf's `failed`. */
#ifndef LG_BASE_JSON_H
#define LG_BASE_JSON_H

#include "base/buf.h"

#define JSON_DEPTH_MAX 32u

struct json {
	struct buf *out; /* borrowed */
	unsigned depth; /* open objects and arrays */
	unsigned flat; /* depth from which everything stays on one line; 0: none */
	bool has_items[JSON_DEPTH_MAX]; /* [depth]: something was written at that level */
	bool after_key;
};

void json_start(struct json *j, struct buf *out);
void json_open(struct json *j, char bracket); /* '{' or '[': one member a line */
void json_open_flat(struct json *j, char bracket); /* all of it on one line */
void json_close(struct json *j, char bracket); /* '}' or ']' */
void json_end(struct json *j); /* the last newline */

void json_key(struct json *j, const char *key);
void json_text(struct json *j, const char *text); /* NULL is null */
void json_number(struct json *j, uint64_t number);
void json_address(struct json *j, uint64_t address);
void json_bool(struct json *j, bool value);
void json_null(struct json *j);

/* key and value in one step */
void json_put_text(struct json *j, const char *key, const char *text);
void json_put_number(struct json *j, const char *key, uint64_t number);
void json_put_address(struct json *j, const char *key, uint64_t address);
void json_put_bool(struct json *j, const char *key, bool value);

#endif
