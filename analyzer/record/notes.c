/* notes.c: what processes say before they exec, and when an exec has failed. */
#include "record/recorder.h"

/* The oldest. One that says HELLO has said this before. */
static struct lg_note *first_note(struct recorder *r)
{
	struct lg_note *first = NULL, *note = r->segment.control->notes;

	for (; note < r->segment.control->notes + LG_NOTES; note++)
		if (atomic_load(&note->state) == LG_NOTE_READY &&
		    (!first || (int32_t)(note->order - first->order) < 0))
			first = note;
	return first;
}

/* The parent of the process; 0: not told. */
static uint32_t parent_told(const struct recorder *r, const struct lg_note *note)
{
	return recorder_shares(r, note->pid_namespace) ? note->parent_pid : 0;
}

/* Whether the process says later on that this exec has failed. */
static bool is_taken_back(const struct recorder *r, const struct lg_note *said)
{
	const struct lg_note *note = r->segment.control->notes;

	for (; note < r->segment.control->notes + LG_NOTES; note++)
		if (atomic_load(&note->state) == LG_NOTE_READY && note->what == LG_NOTE_FAILED &&
		    note->pid == said->pid && note->pid_namespace == said->pid_namespace &&
		    (int32_t)(note->order - said->order) > 0)
			return true;
	return false;
}

static void take(struct recorder *r, const struct lg_note *note)
{
	uint32_t pid = recorder_pid(r, note->pid_namespace, note->pid);
	struct image *i = recorder_find(r, pid);

	if (note->what == LG_NOTE_FAILED) {
		if (i)
			i->exec_foretold = false;
		untraced_forget(&r->untraced, pid);
	} else if (r->options->no_children) {
		return;
	} else if (pid) {
		untraced_expect(&r->untraced, pid, parent_told(r, note), recorder_images(r, pid), note->path,
				note->what == LG_NOTE_EXECS_WITH_SHIM);
	} else if (!is_taken_back(r, note)) {
		shimless_tell(r, note);
	}
}

/* In their order: that an exec has failed is told after that it would come. */
void notes_take(struct recorder *r)
{
	struct lg_note *note;

	for (unsigned n = 0; n < LG_NOTES && (note = first_note(r)); n++) {
		note->path[sizeof note->path - 1] = 0;
		arrive_welcome(r); /* it may be the first that is heard of the image that leaves it */
		take(r, note);
		atomic_store(&note->state, LG_NOTE_FREE);
	}
}
