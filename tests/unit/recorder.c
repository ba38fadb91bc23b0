/* recorder: what it remembers of programs that have not said HELLO, and what it hears of demands and of execs. */
#include "record/demand.h"
#include "record/recorder.h"
#include "suite.h"

#include <signal.h>
#include <unistd.h>

/* Who is silent is told so in its trace: but not one that has become another program meanwhile. */
START_TEST(silent_children_are_those_that_ran_no_other_program)
{
	const uint32_t pid = (uint32_t)getpid();
	struct untraced u = { 0 };
	struct beginner b;

	for (int after = 0; after < 3; after++) {
		untraced_silent(&u, pid);
		if (after == 1)
			untraced_began(&u, pid, 1);
		if (after == 2)
			untraced_expect(&u, pid, 0, 1, "/bin/true", false);
		untraced_silent(&u, pid); /* said again, it changes nothing */
		ck_assert(untraced_take(&u, pid, &b));
		ck_assert_int_eq(b.is_silent, after == 0);
		ck_assert_uint_eq(b.image, after > 0);
		beginner_free(&b);
	}
	ck_assert(!untraced_expects(&u, pid));
	untraced_free(&u);
}
END_TEST

START_TEST(only_a_demand_that_is_complete_is_taken)
{
	static struct lg_control control;
	const struct segment s = { .control = &control };
	enum lg_wanted wanted;

	control.demand.pid = 42;
	control.demand.wanted = LG_WANTED_PAUSE;
	for (uint32_t state = LG_DEMAND_NONE; state <= LG_DEMAND_ANSWERED; state++) {
		atomic_store(&control.demand.state, state);
		ck_assert_uint_eq(demand_taken(&s, &wanted), state == LG_DEMAND_ASKED ? 42 : 0);
	}
	ck_assert_int_eq(wanted, LG_WANTED_PAUSE);
}
END_TEST

static void put_note(struct lg_control *c, unsigned place, uint32_t order, uint32_t pid,
		     enum lg_note_what what)
{
	struct lg_note *note = &c->notes[place];

	note->pid = pid;
	note->pid_namespace = c->pid_namespace;
	note->order = order;
	note->what = what;
	strcpy(note->path, "/bin/true");
	atomic_store(&note->state, LG_NOTE_READY);
}

/* What failed was foretold before, wherever the notes lie; nothing more is to come of it. */
START_TEST(an_exec_that_failed_is_not_waited_for)
{
	static struct lg_control control = { .pid_namespace = 7 };
	static struct record_options options;
	static struct recorder r = { .options = &options, .segment = { .control = &control } };
	struct image image = { .pid = (uint32_t)getpid(), .exec_foretold = true };

	r.images[3] = &image;
	put_note(&control, 5, 1, image.pid, LG_NOTE_EXECS);
	notes_take(&r);
	ck_assert(image.exec_foretold && untraced_expects(&r.untraced, image.pid));
	put_note(&control, 2, 2, image.pid, LG_NOTE_FAILED);
	notes_take(&r);
	ck_assert(!image.exec_foretold && !untraced_expects(&r.untraced, image.pid));

	image.exec_foretold = true;
	put_note(&control, 1, 4, image.pid, LG_NOTE_FAILED);
	put_note(&control, 9, 3, image.pid, LG_NOTE_EXECS);
	notes_take(&r);
	ck_assert(!image.exec_foretold && !untraced_expects(&r.untraced, image.pid));
	for (unsigned i = 0; i < LG_NOTES; i++)
		ck_assert_uint_eq(atomic_load(&control.notes[i].state), LG_NOTE_FREE);
	untraced_free(&r.untraced);
}
END_TEST

/* What would not say HELLO stays untraced: a sanitizer, a program for another tracer. */
START_TEST(who_has_the_shim_is_welcome)
{
	static struct lg_control control = { .pid_namespace = 7 };
	static struct record_options options;
	static struct recorder r = { .options = &options, .segment = { .control = &control } };
	struct welcome met = { .pid = 0 };
	int gate[2];
	ck_assert(!pipe(gate));
	pid_t child = fork();

	if (!child) {
		close(gate[1]);
		if (!read(gate[0], gate, 1))
			execlp("sleep", "sleep", "1000", NULL);
		_exit(1);
	}
	put_note(&control, 0, 1, (uint32_t)child, LG_NOTE_EXECS);
	notes_take(&r);
	ck_assert(!welcome(&r, (uint32_t)child) && !follow_has(&r.follower, (uint32_t)child));
	put_note(&control, 0, 2, (uint32_t)child, LG_NOTE_EXECS_WITH_SHIM);
	notes_take(&r);
	ck_assert(!welcome(&r, (uint32_t)child) && r.awaits_exec); /* its exec is still to come */
	close(gate[0]);
	close(gate[1]);
	while (!untraced_has_arguments(&r.untraced, (uint32_t)child))
		usleep(1000);
	ck_assert(welcome(&r, (uint32_t)child) && follow_has(&r.follower, (uint32_t)child));
	ck_assert_uint_eq(control.welcome[0], child);
	welcome_take(&r, (uint32_t)child, &met);
	ck_assert(met.is_followed && !control.welcome[0]);
	welcome_free(&met);
	kill(child, SIGKILL);
	follow_free(&r.follower);
	untraced_free(&r.untraced);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		silent_children_are_those_that_ran_no_other_program,
		only_a_demand_that_is_complete_is_taken,
		an_exec_that_failed_is_not_waited_for,
		who_has_the_shim_is_welcome,
	};

	return suite_run("recorder", tests, sizeof tests / sizeof *tests);
}
