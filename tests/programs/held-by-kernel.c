/* held-by-kernel.c: a block held only by the data of an epoll registration, and one held only by the value that a POSIX
 * timer will signal: possible leaks, both. One that nothing holds is lost. */
// expect: direct=1/24 cycle=0/0 indirect=0/0 possible=2/144 reachable=0/0
// site: possible hold_by_epoll @epoll
// site: possible hold_by_timer @timer
#include "victim.h"

#include <signal.h>
#include <sys/epoll.h>
#include <time.h>

NOINLINE static int hold_by_epoll(void)
{
	int epoll = epoll_create1(0);
	struct epoll_event event = { .events = EPOLLIN };

	event.data.ptr = calloc(1, 64); /* @epoll */
	return epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &event) &&
	       epoll_ctl(epoll, EPOLL_CTL_ADD, epoll_create1(0), &event);
}

NOINLINE static int hold_by_timer(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	timer_t timer;

	event.sigev_value.sival_ptr = calloc(1, 80); /* @timer */
	return timer_create(CLOCK_MONOTONIC, &event, &timer);
}

NOINLINE static void lose(void)
{
	escape(calloc(1, 24));
}

int main(void)
{
	int failed = hold_by_epoll() | hold_by_timer();

	lose();
	return failed;
}
