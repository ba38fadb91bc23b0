cat >see.c <<'C'
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
int main(void)
{
	DIR *tasks = opendir("/proc/self/task");
	int n = 0;
	struct sigaction old;
	sigset_t blocked;
	while (readdir(tasks))
		n++;
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	printf("%d\n", n);
	for (int i = 1; i < 65; i++)
		if (i != 32 && i != 33 && !sigaction(i, NULL, &old))
			printf("%d %d %d\n", i, old.sa_handler == SIG_DFL, sigismember(&blocked, i));
	return closedir(tasks);
}
C
gcc -o see see.c
./see >native
"$LG" run -o t.lgt -- ./see >traced 2>/dev/null
diff native traced || fails "the program sees other threads or signals"
