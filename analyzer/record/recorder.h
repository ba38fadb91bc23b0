/* recorder.h: private to the recorder's loop: what one run holds, and the parts of a round, in the order in which a
 * round comes to them. All of it belongs to one thread. */
#ifndef LG_RECORD_RECORDER_H
#define LG_RECORD_RECORDER_H

#include "record/demand.h"
#include "record/environment.h"
#include "record/follow.h"
#include "record/hoard.h"
#include "record/image.h"
#include "record/mapped.h"
#include "record/output.h"
#include "record/record.h"
#include "record/retire.h"
#include "record/segment.h"
#include "record/untraced.h"

/* A snapshot of a process that goes on, under way. */
struct midway {
	struct image *image; /* NULL: none is */
	enum lg_snapshot_reason reason;
	enum midway_purpose { MIDWAY_DEMANDED, MIDWAY_WISHED, MIDWAY_JUDGED } purpose;
	struct hoard *hoard; /* owned; NULL: there is no room for one, or it is the snapshot's */
	bool is_taken;
	struct demand_answer answer; /* when it is in the file */
};

/* A process that is expected to say HELLO. */
struct welcome {
	uint32_t pid; /* 0: vacant */
	uint64_t since_ns; /* CLOCK_MONOTONIC */
	bool is_followed; /* and has the rest */
	struct space space;
	char *directory; /* owned */
};

struct recorder {
	const struct record_options *options;
	struct segment segment;
	struct follower follower;
	struct untraced untraced;
	struct welcome welcomes[LG_WELCOMES]; /* as lg_control.welcome has those that are followed */
	bool awaits_exec; /* some are not yet */
	int lender; /* socket: see lend.h */
	uint64_t nforked; /* images that began by a fork */
	struct output output;
	struct verifier *verifier; /* NULL: no stack is checked */
	struct trace_writer *first; /* of the first image's trace, until it begins */
	struct image *images[LG_AREAS]; /* by area, owned; NULL: vacant */
	struct {
		uint32_t pid, images;
	} * pids; /* how many images each pid has had */
	size_t npids;
	uint32_t main_pid;
	bool main_done;
	int main_status;
	uint64_t main_done_ns, swept_ns;
	struct environment environment; /* of PROGRAM, besides its own */
	struct retirement retirement;
	struct mapped_spare spare; /* between snapshots */
	struct midway midway;
	struct err trouble; /* first image that could not be recorded */
};

/* ---- recorder.c -------------------------------------------------------------------------------------- */

struct image *recorder_find(struct recorder *r, uint32_t pid); /* the image that is recorded now, or NULL */
uint32_t recorder_images(const struct recorder *r, uint32_t pid); /* how many it has had */
uint32_t recorder_number(struct recorder *r, uint32_t pid); /* of its next image, which has come */
/* Whether pids of that namespace are those that the recorder knows. */
bool recorder_shares(const struct recorder *r, uint64_t pid_namespace);
/* What the recorder calls a process that calls itself `pid`; 0: that namespace cannot be seen. */
uint32_t recorder_pid(const struct recorder *r, uint64_t pid_namespace, uint32_t pid);

void recorder_breathe(void *context); /* the heartbeat; of a recorder */

/* ---- last.c ------------------------------------------------------------------------------------------ */

/* The hoard may be NULL. What is left to be written of the snapshot is so before the image is drained again, but where a
 * thread of its own writes it. */
void last_take(struct recorder *r, struct image *i, enum lg_snapshot_reason reason, bool stopped,
	       struct hoard *hoard);
void last_write(struct image *i); /* the rest of it */
void last_settle(struct image *i); /* ... unless a thread of its own is at it */

/* ---- depart.c ---------------------------------------------------------------------------------------- */

/* The image is over: its trace is finished by the retirement. */
void depart(struct recorder *r, struct image *i, enum lg_ending ending, int status);
extern const struct follow_hooks depart_hooks;
void depart_notice(struct recorder *r); /* ends of images that ptrace does not follow */

/* ---- notes.c ----------------------------------------------------------------------------------------- */

void notes_take(struct recorder *r); /* of execs to come, or that have failed */

/* ---- welcome.c --------------------------------------------------------------------------------------- */

/* A process becomes another program. True: it is followed from here on. */
bool welcome(struct recorder *r, uint32_t pid);
void welcome_go_on(struct recorder *r, uint64_t now_ns); /* each round */
void welcome_take(struct recorder *r, uint32_t pid, struct welcome *taken); /* it has said HELLO */
void welcome_forget(struct recorder *r, uint32_t pid); /* it is over */
void welcome_forget_all(struct recorder *r);
void welcome_free(struct welcome *w); /* one that was taken */

/* ---- arrive.c ---------------------------------------------------------------------------------------- */

void arrive_lend(struct recorder *r); /* the segment, to programs that cannot open it */
void arrive_welcome(struct recorder *r); /* takes on those that did not wait */
void arrive_all(struct recorder *r); /* takes on what has claimed an area */
struct image *arrive_find(struct recorder *r,
			  uint32_t pid); /* also one that was welcome, and not met yet; or NULL */

/* ---- shimless.c -------------------------------------------------------------------------------------- */

/* Writes traces of the programs that have ended without an image; `all`: of those that still run, too. */
void shimless_settle(struct recorder *r, bool all);
/* The note of one that was over before it was read, in a namespace that went with it: nobody knows its pid out here. */
void shimless_tell(struct recorder *r, const struct lg_note *note);
/* Looks for forked children that have allocated nothing yet, and may: daemons. */
void shimless_find_silent(struct recorder *r);

/* ---- serve.c ----------------------------------------------------------------------------------------- */

void serve_demand(struct recorder *r); /* of other processes */
void serve_request(struct recorder *r, struct image *i); /* of the image itself */
void serve_verdict(struct recorder *r, struct image *i); /* what has it lost by now? */
void serve_let_go(struct recorder *r, struct image *asking); /* it wants to trace a process by itself */

/* ---- midway.c ---------------------------------------------------------------------------------------- */

/* NULL: a snapshot may be taken of it while it goes on. i may be NULL. */
const char *midway_refusal(const struct recorder *r, struct image *i);
/* False: another one is under way. */
bool midway_begin(struct recorder *r, struct image *i, enum lg_snapshot_reason reason,
		  enum midway_purpose purpose);
void midway_go_on(struct recorder *r); /* each round */
void midway_end(struct recorder *r, struct image *i); /* the image is over */

#endif
