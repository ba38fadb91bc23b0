/* signals.h: what the recorder does with signals while PROGRAM runs. */
#ifndef LG_RECORD_SIGNALS_H
#define LG_RECORD_SIGNALS_H

#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>

#define SIGNALS_HANDLED 6u
struct signals {
	struct sigaction former[SIGNALS_HANDLED];
};

/* SIGCHLD rings the doorbell; what would end the recorder goes to the target, or is left to it. */
void signals_set(struct signals *s, _Atomic uint32_t *doorbell, pid_t target);
void signals_reset(const struct signals *s);

#endif
