/* baseline.h: known leaks, kept in a file of the project: what is new or has grown since fails a gate.
 *
 * The file is text for version control: a comment line that names the format, then one line a fingerprint, sorted:
 *   FINGERPRINT LOOSE KIND BLOCKS BYTES PLACE [# NOTE]
 * BLOCKS and BYTES are the most that one process may lose there, with what is lost behind; of a heap error BLOCKS is how
 * often it may happen, of growth both are what may come on. A finding is looked for by its fingerprint, then, among entries
 * that the run has not shown otherwise, by its loose one. */
#ifndef LG_REPORT_BASELINE_H
#define LG_REPORT_BASELINE_H

#include "report/finding.h"

struct baseline_entry {
	char strict[FINGERPRINT_DIGITS + 1], loose[FINGERPRINT_DIGITS + 1];
	const char *kind, *place, *note; /* note: "" for none */
	struct sum most; /* as the file says */
	unsigned line; /* of the file; 0: not from there */
	struct sum seen; /* the most that one process of the run lost; zero blocks: stale */
};

struct baseline {
	struct pool pool;
	const char *path;
	struct baseline_entry *at; /* sorted by fingerprint, one each */
	uint32_t n, room;
	bool saw_growth; /* the report that it was compared with tells of growth */
};

/* 0, or -1 with err, which names the file and the line. */
int baseline_read(struct baseline *b, const char *path, struct err *err);
/* Replaces the file as a whole. */
int baseline_write(const struct baseline *b, const char *path, struct err *err);
void baseline_free(struct baseline *b);

/* Marks each finding of the report: known, new or grown; fills `seen`. */
int baseline_compare(struct baseline *b, struct report *r, struct err *err);

/* Entries that the report, which was compared, did not show; of growth only where that was looked for. NULL has none. */
uint64_t baseline_stale(const struct baseline *b);

/* Entries whose place is no function with a name. */
uint64_t baseline_nameless(const struct baseline *b);

/* From a report that was compared: adds what is new and raises what has grown (only the fingerprint `only`, unless it is
 * NULL), with a note; takes away what is gone and lowers what has shrunk. */
int baseline_update(struct baseline *b, const struct report *r, const char *only, const char *note,
		    struct err *err);
void baseline_prune(struct baseline *b);

#endif
