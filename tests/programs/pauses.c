// Pauses its recording: what a kept_... function allocates is held, if only by blocks that are not recorded; what a lost_...
// function allocates is lost. With an argument it then answers lines, each after ten blocks more.
#include "leakgraph/leakgraph.h"
#include "victim.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void **table, *freed_later[20];

NOINLINE static void *kept_by_what_is_left_out(void)
{
	return calloc(1, 21);
}

NOINLINE static void left_out(void)
{
	LEAKGRAPH_PAUSE();
	LEAKGRAPH_PAUSE();
	table = (void **)calloc(100, sizeof *table);
	LEAKGRAPH_RESUME();
	table = (void **)realloc(table, 200 * sizeof *table);
	for (int i = 0; i < 20; i++)
		if (i % 2) {
			free(freed_later[i]);
			freed_later[i] = NULL;
		} else {
			freed_later[i] = realloc(freed_later[i], 500);
		}
	LEAKGRAPH_RESUME();
	LEAKGRAPH_RESUME(); /* one too many */
}

/* Begun outside, resized inside: recorded as before. Begun inside, resized outside: recorded from then on. */
NOINLINE static void lost_resized(void)
{
	void *volatile out = malloc(22), *volatile in = NULL;

	LEAKGRAPH_PAUSE();
	out = realloc(out, 23);
	in = malloc(24);
	LEAKGRAPH_RESUME();
	in = realloc(in, 25);
	out = in = NULL;
}

NOINLINE static void freed_outside(void)
{
	void *volatile p;

	LEAKGRAPH_PAUSE();
	p = malloc(26);
	LEAKGRAPH_RESUME();
	free(p);
}

static void *lost_by_thread(void *unused)
{
	void *volatile p = malloc(27); /* the other thread's pause is not this one's */

	(void)unused;
	p = NULL;
	LEAKGRAPH_PAUSE();
	p = malloc(28);
	p = NULL;
	return p;
}

static void *left_out_with_all(void *unused)
{
	void *volatile p = malloc(29);

	p = NULL;
	(void)unused;
	return p;
}

static void in_thread(void *(*function)(void *))
{
	pthread_t thread;

	pthread_create(&thread, NULL, function, NULL);
	pthread_join(thread, NULL);
}

NOINLINE static void lost_by_child(void)
{
	if (!fork()) {
		void *volatile p = malloc(30); /* the pause goes on in the child */

		LEAKGRAPH_RESUME_ALL();
		p = malloc(31);
		p = NULL;
		_exit(p != NULL);
	}
	wait(NULL);
}

NOINLINE static void answer_lines(void)
{
	char line[80];

	for (int i = 1; fgets(line, sizeof line, stdin); i++) {
		for (int k = 0; k < 10; k++)
			escape(malloc(32));
		printf("%d\n", i);
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		answer_lines();
		return 0;
	}
	for (int i = 0; i < 20; i++)
		freed_later[i] = malloc(400);
	left_out();
	table[150] = kept_by_what_is_left_out();
	lost_resized();
	freed_outside();
	LEAKGRAPH_PAUSE();
	in_thread(lost_by_thread);
	LEAKGRAPH_RESUME();
	LEAKGRAPH_PAUSE_ALL();
	in_thread(left_out_with_all);
	lost_by_child();
	LEAKGRAPH_RESUME_ALL();
	LEAKGRAPH_RESUME_ALL();
	return 0;
}
