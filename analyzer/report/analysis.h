/* analysis.h: one trace with everything computed from it, each part from the one before. */
#ifndef LG_REPORT_ANALYSIS_H
#define LG_REPORT_ANALYSIS_H

#include "heap/errors.h"
#include "models/models.h"
#include "passes/counts.h"
#include "passes/passes.h"
#include "passes/unsure.h"
#include "report/ancestry.h"

#define MODEL_FILES_MAX 16u

struct analysis_options {
	struct names_options names;
	const char *models[MODEL_FILES_MAX]; /* files of the user's; see models/declarations.h */
	unsigned nmodels;
};

/* Adds what the file declares. */
int analysis_read_model(struct declarations *d, const char *path, struct err *err);

struct analysis {
	struct trace trace;
	const struct trace_snapshot *snapshot; /* the last whole one; NULL: what follows heap is empty */
	bool is_asked; /* the moment is one that was asked for, and need not be the last */
	uint32_t moment; /* its number, from 1; 0: none was named */
	uint64_t asked_events, asked_key; /* where that has no snapshot: events before it, and when it was */
	struct inherited inherited; /* by a forked image; borrowed of the ancestry */
	struct heap heap;
	struct names *names; /* borrowed of the ancestry */
	struct graph graph; /* its references labelled by the models */
	struct declarations declared;
	struct models models;
	struct count_set counts; /* of no object when no model knows any that counts */
	struct classes classes;
	struct sum unsure; /* reachable, if references own of which nothing tells it */
	struct leak_set leaks;
	struct heap_errors errors;
	bool is_judged; /* there is a snapshot, so every block has a class */
};

/* 0, or -1 with err. What is no trace, or is damaged beyond reading, is an error. */
int analysis_open(struct analysis *a, const char *path, struct ancestry *ancestry,
		  const struct analysis_options *options, struct err *err);
/* The same at the snapshot with this number. */
int analysis_open_at(struct analysis *a, const char *path, uint64_t snapshot, struct ancestry *ancestry,
		     const struct analysis_options *options, struct err *err);
/* The same of the first so many events alone, and of what was told by that key: nothing is judged. */
int analysis_open_events(struct analysis *a, const char *path, uint64_t events, uint64_t key,
			 struct ancestry *ancestry, const struct analysis_options *options, struct err *err);
void analysis_close(struct analysis *a); /* safe on a zeroed or half-open one */

#endif
