/* escape.h: text from outside (names, paths, commands) put so that it stays one piece of what is being written, and
 * valid UTF-8. */
#ifndef LG_BASE_ESCAPE_H
#define LG_BASE_ESCAPE_H

#include "base/buf.h"

/* Bytes of the valid UTF-8 sequence that a text goes on with, or 0. */
size_t utf8_bytes(const char *text);

/* What stands for a byte in some format; NULL: what stands for it in any. */
typedef const char *escape_rule(char c);

/* Control characters that the rule does not speak of become '?', bytes that are no UTF-8 U+FFFD. */
void escape_put(struct buf *out, const char *text, escape_rule *rule);

escape_rule escape_xml; /* elements and attributes; lines stay lines */
escape_rule escape_sql; /* between single quotes */
escape_rule escape_dot; /* between double quotes */
escape_rule escape_nothing; /* where every character may stand */
escape_rule escape_folded; /* a frame of a folded stack */

#endif
