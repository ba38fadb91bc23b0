/* retire.c: see retire.h. The thread is made for the first image. */
#include "record/retire.h"

#include "base/thread.h"
#include "record/segment.h"

#include <unistd.h>

void retire_open(struct retirement *r, struct segment *segment)
{
	*r = (struct retirement){ .segment = segment };
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->changed, NULL);
}

void retire_at_once(struct retirement *r, const struct retiree *retiree)
{
	struct image *i = retiree->image;
	uint32_t index = i->index;

	snapshot_write(i->last);
	image_finish(i, &retiree->end, &r->builtins);
	if (i->broken.text[0] && access(i->path, F_OK))
		atomic_fetch_add(&r->segment->control->untraced, 1);
	pthread_mutex_lock(&r->lock);
	if (i->broken.text[0] && !r->trouble.text[0])
		r->trouble = i->broken;
	pthread_mutex_unlock(&r->lock);
	image_free(i);
	segment_recycle(r->segment, index);
}

static void *work(void *context)
{
	struct retirement *r = context;

	pthread_mutex_lock(&r->lock);
	while (r->count || !r->closing) {
		if (!r->count) {
			pthread_cond_wait(&r->changed, &r->lock);
			continue;
		}
		struct retiree retiree = r->queue[r->first];
		pthread_mutex_unlock(&r->lock);
		retire_at_once(r, &retiree);
		pthread_mutex_lock(&r->lock);
		r->first = (r->first + 1) % RETIREES;
		r->count--;
		pthread_cond_broadcast(&r->changed);
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

void retire(struct retirement *r, const struct retiree *retiree)
{
	if (!r->has_thread)
		r->has_thread = thread_begin(&r->thread, work, r);
	if (!r->has_thread) {
		retire_at_once(r, retiree);
		return;
	}
	pthread_mutex_lock(&r->lock);
	while (r->count == RETIREES)
		pthread_cond_wait(&r->changed, &r->lock);
	r->queue[(r->first + r->count++) % RETIREES] = *retiree;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

void retire_last(struct retirement *r, const struct retiree *retiree)
{
	r->last = *retiree;
}

void retire_close(struct retirement *r)
{
	pthread_mutex_lock(&r->lock);
	r->closing = true;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
	if (r->has_thread)
		pthread_join(r->thread, NULL);
	r->has_thread = false;
	if (r->last.image) {
		r->last.end.untraced = atomic_load(&r->segment->control->untraced);
		retire_at_once(r, &r->last);
	}
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->lock);
}
