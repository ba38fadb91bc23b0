/* export.h: one trace in the formats of other tools: flame graphs, pprof, heap graph viewers, databases. Each format is
 * a renderer over the finished analysis, in a file of its own; none judges.
 *
 * Output is written as it is made, so that millions of blocks need no memory for their text. */
#ifndef LG_REPORT_EXPORT_EXPORT_H
#define LG_REPORT_EXPORT_EXPORT_H

#include "base/buf.h"
#include "heap/sites.h"
#include "names/store.h"
#include "report/model.h"

#include <stdio.h>

/* What a stack is weighed by. */
#define EXPORT_VALUES(X)                                                                                     \
	X(LIVE, "live")                                                                                      \
	X(LEAKED, "leaked") /* direct, cycle and indirect */                                                 \
	X(ALLOCATED, "allocated")                                                                            \
	X(PEAK, "peak")
enum export_value {
#define X(name, text) EXPORT_##name,
	EXPORT_VALUES(X)
#undef X
	    EXPORT_VALUE_COUNT
};
extern const char *const export_value_names[]; /* ends with NULL */

/* Of which stacks json writes the frames. */
#define EXPORT_FRAMES(X)                                                                                     \
	X(LIVE, "live") /* of which something lives, and of the EXPORT_HEAVIEST others */                    \
	X(ALL, "all")                                                                                        \
	X(TABLE, "table") /* all, as numbers of frames that are written once */
enum export_frames {
#define X(name, text) EXPORT_FRAMES_##name,
	EXPORT_FRAMES(X)
#undef X
};
extern const char *const export_frames_names[]; /* ends with NULL */
#define EXPORT_HEAVIEST 1000u /* by the bytes allocated */

struct export_options {
	struct report_options report;
	enum export_value value; /* of folded */
	bool is_count; /* ... in blocks, not in bytes */
	enum export_frames frames; /* of json */
	uint32_t max_nodes; /* of dot; 0: as it likes */
};

struct export;

struct export_format {
	const char *name, *help;
	int (*render)(struct export *e, struct err *err); /* 0, or -1 with err */
};
extern const struct export_format export_formats[]; /* ends with a NULL name */

const struct export_format *export_format_named(const char *name); /* NULL: there is none */

/* Live blocks of one stack, one class and one leak. */
struct export_share {
	uint32_t stack;
	uint32_t leak; /* index of the process's leaks; NO_LEAK */
	enum leak_class class; /* LEAK_CLASSES: not judged */
	struct sum live;
};
#define NO_LEAK UINT32_MAX

struct export
{
	const struct export_options *options; /* borrowed */
	struct analysis a;
	struct ancestry ancestry;
	struct report report; /* of the one process; its pool is for renderers too */
	const struct report_process *process;
	struct stack_book book;
	struct sites sites;
	uint32_t *leak_of; /* nblocks; NULL: not judged */
	struct export_share *shares; /* by stack, then leak, then class */
	uint32_t nshares;
	uint32_t nframeless; /* stacks that were written without their frames */
	struct buf out; /* not yet written */
	FILE *to; /* borrowed; NULL once a write failed: then `error` says why */
	int error;
};

/* 0, or -1 with err. */
int export_load(struct export *e, const char *path, const struct export_options *options, struct err *err);
/* 0, or -1 with err: STATUS_TOOL's kind of trouble. `name` is what `to` is called. */
int export_write(struct export *e, const struct export_format *format, FILE *to, const char *name,
		 struct err *err);
void export_free(struct export *e); /* safe on a zeroed or half-loaded one */

/* What renderers share. */

/* After each row: writes when enough has come together. */
void export_flush(struct export *e);

/* Stacks that did anything, by id: for (struct export_use u = { 0 }; export_next(&u, e);) */
struct export_use {
	uint32_t next_stack, next_share;
	uint32_t stack; /* id */
	const struct report_stack *frames;
	const struct export_share *shares; /* its own */
	uint32_t nshares;
	struct sum of[EXPORT_VALUE_COUNT];
};
bool export_next(struct export_use *u, struct export *e);
bool export_next_frameless(struct export_use *u, const struct export *e); /* `frames` stays NULL */

/* Of a block; 0, the empty stack, when the trace does not hold it. */
uint32_t export_stack_id(const struct export *e, uint32_t block);
/* These are NULL, and `out` has failed, when there is no memory. */
const struct report_stack *export_stack(struct export *e, uint32_t stack);
/* The text's place among the texts, which get a copy where it is new. NO_TEXT: no memory. */
uint32_t export_number(struct export *e, struct texts *texts, const char *text);
/* Frames that are written once each, told apart by all that is known of them. Zeroed it is empty. */
struct export_frames_book {
	struct texts texts; /* what there is to know of each, by its number */
	struct buf frame; /* the one at hand */
	uint32_t *numbers; /* of the stack at hand, by depth */
	uint32_t room;
};
/* New ones have the next numbers, in order. False: no memory, and `out` has failed. */
bool export_number_frames(struct export *e, struct export_frames_book *book,
			  const struct report_stack *stack);
void export_frames_free(struct export_frames_book *book);
/* A frame's function, else "[module]". */
const char *export_function(struct export *e, const struct report_frame *f);
/* The command's words with blanks between. */
const char *export_command(struct export *e);
/* "session_registry.head in app", as reports call it. */
const char *export_root(struct export *e, const struct root_ref *r);
/* The class's name, or "live" when nothing was judged. */
const char *export_class(const struct export *e, uint32_t block);
int export_no_memory(const struct export *e, struct err *err);

int export_folded(struct export *e, struct err *err);
int export_pprof(struct export *e, struct err *err);
int export_heapsnapshot(struct export *e, struct err *err);
int export_sqlite(struct export *e, struct err *err);
int export_json(struct export *e, struct err *err);
int export_dot(struct export *e, struct err *err);
int export_speedscope(struct export *e, struct err *err);
int export_dhat(struct export *e, struct err *err);
int export_valgrind(struct export *e, struct err *err);

#endif
