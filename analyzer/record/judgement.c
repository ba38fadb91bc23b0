/* judgement.c: see judgement.h. The thread touches nothing of the image, which may end at any moment: only what both hold, and
 * who comes last frees. */
#include "record/judgement.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { RUNNING, DONE, ABANDONED };

struct judgement {
	_Atomic int state;
	const struct record_options *options;
	_Atomic uint32_t *doorbell; /* the recorder's own */
	char *trace; /* owned */
	uint64_t snapshot;
	bool is_known;
	uint64_t blocks, bytes;
};

static void judgement_free(struct judgement *j)
{
	if (j)
		free(j->trace);
	free(j);
}

/* The last touch of one side: true when the other has had its own. */
static bool leave(struct judgement *j, int state)
{
	int running = RUNNING;

	return !atomic_compare_exchange_strong(&j->state, &running, state);
}

static void *run(void *context)
{
	struct judgement *j = context;
	_Atomic uint32_t *doorbell = j->doorbell;

	j->is_known = j->options->judge(j->trace, j->snapshot, &j->blocks, &j->bytes);
	if (leave(j, DONE)) {
		judgement_free(j);
		return NULL;
	}
	atomic_fetch_add(doorbell, 1);
	syscall(SYS_futex, doorbell, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
	return NULL;
}

static bool run_detached(struct judgement *j)
{
	pthread_attr_t detached;
	pthread_t thread;

	if (pthread_attr_init(&detached))
		return false;
	bool runs = !pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED) &&
		    !pthread_create(&thread, &detached, run, j);
	pthread_attr_destroy(&detached);
	return runs;
}

static void give(struct image *i, bool is_known, uint64_t blocks, uint64_t bytes)
{
	struct lg_verdict *v = &i->area->verdict;
	uint32_t taken = LG_VERDICT_TAKEN;

	v->is_known = is_known;
	v->blocks = blocks;
	v->bytes = bytes;
	if (!atomic_compare_exchange_strong(&v->state, &taken, LG_VERDICT_GIVEN))
		atomic_store(&v->state, LG_VERDICT_NONE); /* it has given up */
	syscall(SYS_futex, &v->state, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

void judgement_unknown(struct image *i)
{
	give(i, false, UINT64_MAX, UINT64_MAX);
}

void judgement_begin(struct recorder *r, struct image *i)
{
	struct judgement *j = r->options->judge ? calloc(1, sizeof *j) : NULL;

	if (j) {
		*j = (struct judgement){ .options = r->options,
					 .doorbell = &r->segment.control->doorbell,
					 .trace = strdup(i->path),
					 .snapshot = i->snapshots };
		if (j->trace && run_detached(j)) {
			i->judgement = j;
			return;
		}
	}
	judgement_free(j);
	judgement_unknown(i);
}

void judgement_poll(struct image *i)
{
	struct judgement *j = i->judgement;

	if (!j || atomic_load(&j->state) != DONE)
		return;
	i->judgement = NULL;
	give(i, j->is_known, j->blocks, j->bytes);
	judgement_free(j);
}

void judgement_abandon(struct image *i)
{
	if (i->judgement && leave(i->judgement, ABANDONED))
		judgement_free(i->judgement);
	i->judgement = NULL;
}
