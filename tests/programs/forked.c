/* forked.c: a child made by fork, without exec, loses a block of its own. What it has from its parent (one block that
 * a global holds, one that the parent lost) is not its leak; the parent's answer is as if there were no child. */
// expect: direct=1/40 cycle=0/0 indirect=0/0 possible=0/0 reachable=1/56
// expect[1]: direct=1/24 cycle=0/0 indirect=0/0 possible=0/0
// site: direct plant_parent @parent
// site[1]: direct plant_child @child
// more: .processes | length == 2 and .[1].parent_pid == .[0].pid
#include "victim.h"

#include <sys/wait.h>
#include <unistd.h>

static void *volatile held;

NOINLINE static void plant_parent(void)
{
	held = calloc(1, 56);
	escape(calloc(1, 40)); /* @parent */
}

NOINLINE static void plant_child(void)
{
	escape(calloc(1, 24)); /* @child */
}

int main(void)
{
	int status;

	plant_parent();
	pid_t pid = fork();
	if (pid < 0)
		return 1;
	if (!pid) {
		plant_child();
		_exit(0);
	}
	return waitpid(pid, &status, 0) != pid || status;
}
