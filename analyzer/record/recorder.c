/* recorder.c: who is who among the images of a run. */
#include "record/recorder.h"

#include "record/proc.h"

#include <stdlib.h>

struct image *recorder_find(struct recorder *r, uint32_t pid)
{
	for (size_t i = 0; i < LG_AREAS; i++)
		if (r->images[i] && r->images[i]->pid == pid)
			return r->images[i];
	return NULL;
}

uint32_t recorder_images(const struct recorder *r, uint32_t pid)
{
	for (size_t i = 0; i < r->npids; i++)
		if (r->pids[i].pid == pid)
			return r->pids[i].images;
	return 0;
}

uint32_t recorder_number(struct recorder *r, uint32_t pid)
{
	for (size_t i = 0; i < r->npids; i++)
		if (r->pids[i].pid == pid)
			return r->pids[i].images++;
	void *grown = realloc(r->pids, (r->npids + 1) * sizeof *r->pids);
	if (grown) {
		r->pids = grown;
		r->pids[r->npids].pid = pid;
		r->pids[r->npids++].images = 1;
	}
	return 0;
}

bool recorder_shares(const struct recorder *r, uint64_t pid_namespace)
{
	return pid_namespace && pid_namespace == r->segment.control->pid_namespace;
}

uint32_t recorder_pid(const struct recorder *r, uint64_t pid_namespace, uint32_t pid)
{
	return recorder_shares(r, pid_namespace) ? pid : proc_outer_pid(pid_namespace, pid);
}

void recorder_breathe(void *context)
{
	segment_beat(&((struct recorder *)context)->segment);
}
