/* shimless.c: traces of programs that have no shim, or have said nothing yet. */
#include "record/recorder.h"

#include "record/proc.h"

#include <string.h>
#include <sys/stat.h>

static void write_untraced(struct recorder *r, struct beginner *b)
{
	const char *path = NULL;
	struct err err = { "" };

	if (b->program)
		path = output_other(&r->output, *b->program ? b->program : "process", b->pid, &err);
	if (!path || untraced_write(b, &r->segment, path, &err))
		atomic_fetch_add(&r->segment.control->untraced, 1); /* counted at least */
	beginner_free(b);
}

void shimless_tell(struct recorder *r, const struct lg_note *note)
{
	struct beginner b = { .pid = note->pid, .pidfd = -1, .program = strdup(note->path) };

	write_untraced(r, &b);
}

/* Looks for notes and new images between seeing that a process has ended and saying that it had none. */
void shimless_settle(struct recorder *r, bool all)
{
	struct beginner b;
	uint32_t pid;

	while ((pid = untraced_ended(&r->untraced, all))) {
		notes_take(r); /* all that it had to say is there */
		arrive_all(r);
		if (!untraced_take(&r->untraced, pid, &b))
			continue;
		if (b.is_silent && !all) {
			beginner_free(&b);
			continue;
		}
		write_untraced(r, &b);
		recorder_number(r, pid); /* told once: the end of its vfork may be seen only now */
	}
}

#define SILENT_MAX 256u
#define SCANS_MAX 10u /* of a tree that forks without end */

/* They hold a mapping of the segment. One that forks and ends meanwhile may hide its child: then it is looked for
 * again. One that executes a program has left a note before it lost the mapping. */
void shimless_find_silent(struct recorder *r)
{
	_Atomic uint64_t *forks = &r->segment.control->forks;
	uint32_t pids[SILENT_MAX];
	struct stat segment;
	uint64_t before;
	unsigned tries = 0;

	if (r->options->no_children || fstat(r->segment.fd, &segment))
		return;
	do {
		before = atomic_load(forks);
		size_t n = before == r->nforked ? 0 : proc_find_mapped(segment.st_ino, pids, SILENT_MAX);
		for (size_t i = 0; i < n; i++)
			if (!recorder_find(r, pids[i]))
				untraced_silent(&r->untraced, pids[i]);
	} while (atomic_load(forks) != before && ++tries < SCANS_MAX);
	notes_take(r);
}
