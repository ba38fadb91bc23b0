/* signals.c: see signals.h. */
#include "record/signals.h"

#include <stddef.h>

static _Atomic uint32_t *signal_doorbell;
static volatile pid_t signal_target;

static void on_child(int signal)
{
	(void)signal;
	if (signal_doorbell)
		atomic_fetch_add(signal_doorbell, 1);
}

static void on_terminate(int signal)
{
	if (signal_target > 0)
		kill(signal_target, signal);
}

static const int handled[SIGNALS_HANDLED] = { SIGCHLD, SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGXFSZ };

/* The keyboard's signals go to the target by themselves; the recorder stays for the report. */
void signals_set(struct signals *s, _Atomic uint32_t *doorbell, pid_t target)
{
	signal_doorbell = doorbell;
	signal_target = target;
	for (size_t i = 0; i < SIGNALS_HANDLED; i++) {
		struct sigaction action = { .sa_flags = SA_RESTART };

		action.sa_handler = handled[i] == SIGCHLD			    ? on_child
				    : handled[i] == SIGTERM || handled[i] == SIGHUP ? on_terminate
										    : SIG_IGN;
		sigaction(handled[i], &action, &s->former[i]);
	}
}

void signals_reset(const struct signals *s)
{
	for (size_t i = 0; i < SIGNALS_HANDLED; i++)
		sigaction(handled[i], &s->former[i], NULL);
	signal_doorbell = NULL;
	signal_target = 0;
}
