/* untraced.h: programs that begin somewhere in the tree, and whether they say HELLO. One that ends without, or has not
 * when recording ends, was not recorded: it gets a trace that says only that, and why. */
#ifndef LG_RECORD_UNTRACED_H
#define LG_RECORD_UNTRACED_H

#include "record/segment.h"
#include "trace/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct beginner {
	uint32_t pid, parent_pid;
	uint32_t image; /* how many images of this pid came before */
	int pidfd; /* -1: it was gone before it could be watched */
	char *program; /* its file, or what exec was given; owned */
	bool is_seen; /* the kernel told its file */
	char **argv; /* owned, in one block with their bytes; NULL: not known */
	uint32_t argc;
	bool takes_shim; /* it will say HELLO: its parent has looked at its file and its environment */
	bool lacks_shim; /* it will not, its parent has seen */
	bool is_silent; /* it is a forked child that has allocated nothing so far */
};

struct untraced {
	struct beginner *beginners;
	size_t count, room;
	bool out_of_memory; /* some could not be remembered */
};

/* A process is about to become `path`. `parent_pid` 0: not known. */
void untraced_expect(struct untraced *u, uint32_t pid, uint32_t parent_pid, uint32_t image, const char *path,
		     bool takes_shim);
/* A process has become another program, just now. */
void untraced_began(struct untraced *u, uint32_t pid, uint32_t image);
/* A forked child is there that has not said HELLO. */
void untraced_silent(struct untraced *u, uint32_t pid);
/* A process said HELLO, or did not become another program after all. */
void untraced_forget(struct untraced *u, uint32_t pid);
/* Whether a process is there that may yet say HELLO. */
bool untraced_expects(const struct untraced *u, uint32_t pid);
/* ... and will. */
bool untraced_takes_shim(const struct untraced *u, uint32_t pid);
/* Whether it has its arguments, which the kernel lays down near the end of an exec. */
bool untraced_has_arguments(struct untraced *u, uint32_t pid);
/* Whether it is about to run a file that exec gives privileges, which ptrace(2) would keep from it. */
bool untraced_gains_privileges(const struct untraced *u, uint32_t pid);
/* One that has ended, or with `all` any; 0: there is none. */
uint32_t untraced_ended(const struct untraced *u, bool all);
/* Takes one out. False: it is not there. */
bool untraced_take(struct untraced *u, uint32_t pid, struct beginner *b);
/* Its whole trace. */
int untraced_write(const struct beginner *b, const struct segment *s, const char *path, struct err *err);
void beginner_free(struct beginner *b);
void untraced_free(struct untraced *u);

#endif
