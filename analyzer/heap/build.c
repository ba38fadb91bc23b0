/* build.c: see build.h. */
#include "heap/build.h"

#include "heap/replay.h"

struct build {
	struct trace *unsealed; /* NULL: it is to stay as it is */
	struct replay *replay;
	uint64_t left; /* events until the snapshot */
};

enum { BUILD_DONE = 1, BUILD_NO_MEMORY = 2 };

static int build_batch(void *context, const struct trace_event *events, size_t n)
{
	struct build *b = context;

	if (n > b->left)
		n = (size_t)b->left;
	b->left -= n;
	if (replay_events(b->replay, events, n) < 0)
		return BUILD_NO_MEMORY;
	return b->left ? 0 : BUILD_DONE;
}

static int build_finish(struct heap *h, struct build *b, struct err *err)
{
	int answer = BUILD_DONE;

	if (b->unsealed)
		answer = trace_seal(b->unsealed, build_batch, b, err);
	else if (b->left)
		answer = trace_events(h->trace, build_batch, b, err);
	if (answer < 0)
		return -1;
	if (answer == BUILD_NO_MEMORY || replay_finish(b->replay, h) < 0)
		return fail(err, "%s: not enough memory for its blocks", h->trace->path);
	return 0;
}

static int build(struct heap *h, struct trace *unsealed, const struct lg_range *inherited, size_t n,
		 struct err *err)
{
	struct build b = { unsealed, replay_new(h->trace->process.sample_bytes),
			   h->snapshot ? h->snapshot->events : UINT64_MAX };
	int failed;

	if (!b.replay || replay_inherit(b.replay, inherited, n))
		failed = fail(err, "%s: not enough memory for its blocks", h->trace->path);
	else
		failed = build_finish(h, &b, err);
	replay_free(b.replay);
	return failed;
}

int heap_build_forked(struct heap *h, const struct trace *t, const struct trace_snapshot *upto,
		      const struct lg_range *inherited, size_t ninherited, struct err *err)
{
	*h = (struct heap){ .trace = t, .snapshot = upto, .knows_inherited = true };
	return build(h, NULL, inherited, ninherited, err);
}

int heap_build(struct heap *h, const struct trace *t, const struct trace_snapshot *upto, struct err *err)
{
	*h = (struct heap){ .trace = t, .snapshot = upto };
	return build(h, NULL, NULL, 0, err);
}

int heap_build_sealing(struct heap *h, struct trace *t, const struct trace_snapshot *upto, struct err *err)
{
	*h = (struct heap){ .trace = t, .snapshot = upto };
	return build(h, t, NULL, 0, err);
}

/* ---- forks ------------------------------------------------------------------------------------------- */

struct fork_walk {
	struct replay *replay;
	struct heap_fork *forks; /* those still to come */
	size_t nforks;
	uint64_t *room;
};

static void take_fork(struct fork_walk *w)
{
	struct heap_fork *f = w->forks++;

	w->nforks--;
	f->live = replay_live(w->replay, *w->room, &f->nlive);
	*w->room -= f->live ? f->nlive : 0;
}

static int fork_batch(void *context, const struct trace_event *events, size_t n)
{
	struct fork_walk *w = context;
	size_t done = 0;

	/* A file's keys are rounded down: larger is surely later. */
	for (size_t i = 0; i < n && w->nforks; i++)
		if (events[i].key > w->forks->key) {
			if (replay_events(w->replay, events + done, i - done) < 0)
				return BUILD_NO_MEMORY;
			done = i--;
			take_fork(w);
		}
	if (w->nforks && replay_events(w->replay, events + done, n - done) < 0)
		return BUILD_NO_MEMORY;
	return w->nforks ? 0 : BUILD_DONE;
}

int heap_forks(const struct trace *t, const struct lg_range *inherited, size_t ninherited,
	       struct heap_fork *forks, size_t nforks, uint64_t *room)
{
	struct fork_walk w = { replay_new(t->process.sample_bytes), forks, nforks, room };
	int answer = BUILD_NO_MEMORY;

	if (w.replay && !replay_inherit(w.replay, inherited, ninherited))
		answer = trace_events(t, fork_batch, &w, NULL);
	while (!answer && w.nforks)
		take_fork(&w);
	replay_free(w.replay);
	return answer < 0 || answer == BUILD_NO_MEMORY ? -1 : 0;
}
