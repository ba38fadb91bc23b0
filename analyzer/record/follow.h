/* follow.h: the recorder as a tracer: it seizes processes, lets every stop go on at once, and holds a process at
 * its very end (PTRACE_EVENT_EXIT), when memory and registers are still whole, for as long as a hook looks. Then the
 * process is let go untraced, so that its parent hears of its end from the kernel and not when the recorder comes to it.
 *
 * ptrace(2) ties tracees to one thread: all calls come from the thread that seized. */
#ifndef LG_RECORD_FOLLOW_H
#define LG_RECORD_FOLLOW_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tracee {
	uint32_t tid, tgid;
	bool held; /* stopped at its exit */
	bool dead; /* has passed its exit; the first thread is reaped last */
	bool missed; /* the same, and it did not stop there, or no longer, though it had not ended alone */
	bool stopped; /* stopped by follow_stop() */
	int status; /* of that stop, as from waitpid(2) */
};

struct follow_hooks {
	/* All threads of the process are stopped for good (or, `late`, did not come in time). `status` is how it
	 * will end, as from waitpid(2). */
	void (*ending)(void *context, uint32_t pid, bool late, int status);
	/* The process goes on to its end after ending(). `over`: nothing more will be heard of it, unless it is a child. */
	void (*let_go)(void *context, uint32_t pid, bool over, int status);
	/* Whether ending() is wanted for this process at all. */
	bool (*wants_ending)(void *context, uint32_t pid);
	/* Whether the process said that it is about to exec: its other threads die without an ending. */
	bool (*execs)(void *context, uint32_t pid);
	/* Whether the process is to be followed on, as another program. */
	bool (*executed)(void *context, uint32_t pid);
	/* A child by vfork lets its parent go on. */
	void (*vforked)(void *context, uint32_t child);
	void (*gone)(void *context, uint32_t pid, int wait_status);
};

struct follower {
	struct tracee *tracees;
	size_t count, room;
	struct {
		uint32_t pid;
		uint64_t deadline_ns;
	} held[64]; /* processes of which some thread is held */
	size_t nheld;
	const struct follow_hooks *hooks;
	void *context;
};

int follow_seize(struct follower *f, uint32_t pid, struct err *err);
bool follow_has(const struct follower *f, uint32_t pid);
/* Handles what waitpid has to say, traced or not; never blocks. */
void follow_poll(struct follower *f, uint64_t now_ns);
/* Stops all threads of a running process; false when one did not stop in time. */
bool follow_stop(struct follower *f, uint32_t pid);
/* Lets them go on, each as the stop that it came to wants it. */
void follow_resume(struct follower *f, uint32_t pid, uint64_t now_ns);
bool follow_is_ending(const struct follower *f, uint32_t pid); /* some thread of it is held at its end */
void follow_free(struct follower *f); /* tracees go on untraced when the tracer's thread ends or detaches */
uint32_t follow_process(const struct follower *f,
			uint32_t tid); /* of a thread that is followed; 0: it is not */
void follow_detach(struct follower *f, uint32_t pid);

#endif
