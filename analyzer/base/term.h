/* term.h: what a person sees: sizes and counts in words, colour, line drawing, the pager.
 *
 * Nothing relies on colour or on characters outside ASCII alone. */
#ifndef LG_BASE_TERM_H
#define LG_BASE_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* Where text goes and what it may be made of. */
struct term {
	FILE *out; /* borrowed */
	bool color, utf8;
};

/* Colour with COLOR_AUTO: on a terminal that is not dumb, unless NO_COLOR is set and not empty.
 * UTF-8 when the locale's character set is (main has called setlocale). */
struct term term_on(FILE *out, enum color_choice choice);

enum shade { SHADE_PLAIN, SHADE_BAD, SHADE_WARN, SHADE_GOOD, SHADE_HEAD, SHADE_DIM };
/* printf in a shade. */
void term_print(const struct term *t, enum shade shade, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Text that came from outside (names, paths, commands): control characters become '?'. */
void term_clean(const struct term *t, const char *text);
/* Columns that text takes when written by term_clean. */
size_t term_columns(const char *text);

/* Line drawing: the UTF-8 form where it can be shown. */
enum glyph { GLYPH_ARROW, GLYPH_LINE, GLYPH_TOP, GLYPH_SIDE, GLYPH_BOTTOM, GLYPH_DOTS, GLYPH_TIMES };
const char *term_glyph(const struct term *t, enum glyph glyph);

#define TERM_TEXT 32u
/* "288 B", "41.2 KiB", "1.9 MiB": exact below 10,000 bytes. */
const char *human_bytes(char text[TERM_TEXT], uint64_t bytes);
/* "1,204,331" */
const char *human_count(char text[TERM_TEXT], uint64_t count);
/* "0.8 ms", "12.4 s", "3 min 20 s" */
const char *human_time(char text[TERM_TEXT], uint64_t ns);
/* "1 block", "6 blocks": the noun gets an s. */
const char *human_things(char *text, size_t room, uint64_t count, const char *noun);

/* Where a command's human output goes: a pager when stdout is a terminal ($LEAKGRAPH_PAGER, $PAGER, less), else
 * stdout itself. "" or "cat" as pager: none. */
struct pager {
	FILE *out;
	bool is_pipe;
};
void pager_open(struct pager *p, bool wanted);
/* 0, or -1 when not everything could be written. */
int pager_close(struct pager *p);

#endif
