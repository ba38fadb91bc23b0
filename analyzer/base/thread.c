/* thread.c: see thread.h. */
#include "base/thread.h"

#include <signal.h>

bool thread_begin(pthread_t *thread, void *(*work)(void *context), void *context)
{
	sigset_t all, former;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &former);
	bool has_begun = !pthread_create(thread, NULL, work, context);
	pthread_sigmask(SIG_SETMASK, &former, NULL);
	return has_begun;
}
