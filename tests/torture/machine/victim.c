/* victim.c: what tests/torture/yama runs besides endings.c: loses a block of 24 bytes, then does as its argument says. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *volatile leaked;

static void __attribute__((noinline)) lose(void)
{
	leaked = calloc(1, 24);
	leaked = NULL;
}

static void __attribute__((noinline)) wipe_below(void)
{
	volatile char bytes[4096];

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = 0;
}

/* Till the process that began it is gone: then it is no descendant of leakgraph any more. */
static void wait_to_be_orphan(pid_t parent)
{
	while (getppid() == parent)
		usleep(1000);
}

/* A daemon executes this program again: it ends by `how`. */
static int daemonize(const char *how)
{
	if (fork())
		return 0;
	pid_t parent = getpid();
	if (fork())
		_exit(0);
	wait_to_be_orphan(parent);
	execl("/proc/self/exe", "orphan", how, NULL);
	return 96;
}

struct node {
	struct node *next;
	char room[65536];
};

static void eat(void)
{
	static struct node *volatile head;
	struct node *n;

	while ((n = malloc(sizeof *n))) {
		memset(n->room, 1, sizeof n->room);
		n->next = head;
		head = n;
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "daemon"))
		return daemonize(argv[2]);
	lose();
	wipe_below();
	if (!strcmp(what, "wait"))
		return printf("ready\n") < 0 || fflush(stdout) || getchar() != '\n';
	if (!strcmp(what, "kill"))
		raise(SIGKILL);
	if (!strcmp(what, "eat"))
		eat();
	return 0;
}
