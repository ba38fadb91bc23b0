/* lines.h: pieces of human text that reports share: places, stacks, rings. Lines stay within 100 columns. */
#ifndef LG_REPORT_LINES_H
#define LG_REPORT_LINES_H

#include "base/term.h"
#include "report/model.h"

#define LINE_COLUMNS 100u
#define PLACE_TEXT 128u
#define SUM_TEXT 96u

/* How one process is written about. */
struct lines {
	const struct term *term;
	const char *here; /* files below it are shown relative; may be NULL */
	const char *directory; /* the same for the process's own directory; may be NULL */
	bool full_stacks; /* all frames, start-up code too, repeats one by one */
};

/* "288 B in 6 blocks" */
const char *lines_sum(char text[SUM_TEXT], struct sum sum);
/* "mk, app.c:12", or "mk, libfoo.so" where there is no line. */
const char *lines_place(char text[PLACE_TEXT], const struct lines *l, const struct report_stack *s);
/* Stands before the place of what may have been made of memory that another object was freed as. */
#define LINES_REUSED "memory of "
/* What a wrong free was of: "of 24 B, 3 times", "8 B into a block of 24 B". */
const char *lines_freed(char text[PLACE_TEXT], const struct report_error *e);
/* "freed by free in" and the frames below it, indented. */
void lines_call(const struct lines *l, unsigned indent, const char *done, const char *call,
		const struct report_stack *s);
/* "allocated by calloc in" and so on. */
void lines_stack(const struct lines *l, unsigned indent, const struct report_stack *s);
/* The same of what may be made of what was freed there. */
void lines_origin(const struct lines *l, unsigned indent, const struct report_stack *s, bool is_reused);
/* "cut: prev of Node, a link back by its name; that opens every cycle here"; nothing when none is proposed. */
void lines_break(const struct lines *l, unsigned indent, const struct report_leak *leak);
/* ".prev of Node", what lines_break proposes; NULL: nothing. */
const char *lines_break_short(char text[PLACE_TEXT], const struct report_leak *leak);
/* "counts 2, found 1: it counts references that are nowhere: they were leaked"; nothing when none keeps a count. */
void lines_count(const struct lines *l, unsigned indent, const struct report_leak *leak);
/* What a reference stands in: ".next", "[3]", or "+8" where the field is not known. */
const char *lines_field(char text[PLACE_TEXT], const char *field, uint64_t offset);
/* "Node, 24 B" or "24 B" */
const char *lines_what(char text[PLACE_TEXT], const char *type, uint64_t bytes);
/* "3 x ring of 2", "knot of 10, its shortest ring 2": what one instance of a cycle is. */
void lines_cycle(const struct lines *l, const struct report_leak *leak);
/* "2,080 B -> 8,320 B over 4 moments before the end, 12 KiB/s; linear" */
void lines_growth(const struct lines *l, unsigned indent, const struct report_growth *g);
/* The ring edge by edge. */
/* Blocks of the ring that the report does not keep. */
uint32_t lines_unshown(const struct report_leak *leak);
void lines_ring(const struct lines *l, unsigned indent, const struct report_leak *leak);
/* "src/app.c" of "/home/me/app/src/app.c" */
const char *lines_path(char text[PLACE_TEXT], const struct lines *l, const char *file, size_t columns);

/* Why the verdict is degraded, and the cures; nothing when it is complete. */
void lines_verdict(const struct lines *l, const struct report_process *p);

/* What else to know of the process, below all else; nothing when there is nothing. `other`: one whose notes were told
 * before, or NULL. */
void lines_notes(const struct lines *l, const struct report_process *p, const struct report_process *other);

/* Text from outside, broken into lines at spaces; the first line begins at column `at`, others at `indent`. */
void lines_wrap(const struct term *t, unsigned at, unsigned indent, const char *text);

/* A function's name. Of one that is too long first what it returns, template arguments and parameters are left
 * out, then what it is a member of. */
const char *lines_function(char out[PLACE_TEXT], const char *name, size_t columns);
/* A type's name. Of one that is too long the innermost template arguments are left out first. */
const char *lines_type(char out[PLACE_TEXT], const char *type, size_t columns);

/* Copies text, keeping both its ends when it is longer than `columns`. Never cuts a UTF-8 character. */
const char *lines_fit(char out[PLACE_TEXT], const char *text, size_t columns);

#endif
