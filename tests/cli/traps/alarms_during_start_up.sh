# A library's constructor starts an alarm whose handler allocates while the recorder is being met: the program is one
# image, and what passed by is counted.
cat >alarm.c <<'C'
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
static void allocate(int number)
{
	(void)number;
	free(malloc(33));
}
__attribute__((constructor)) static void begin(void)
{
	if (strcmp(program_invocation_short_name, "alarmed"))
		return;
	struct sigaction action = { .sa_handler = allocate, .sa_flags = SA_RESTART };
	struct itimerval soon = { { 0, 100 }, { 0, atoi(getenv("AFTER_US")) } };
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
}
C
gcc -shared -fPIC -o alarm.so alarm.c
program alarmed '#include <signal.h>
static void *kept[1000];
int main(void) { signal(SIGALRM, SIG_IGN); for (int i = 0; i < 1000; i++) kept[i] = malloc(100); return !kept[999]; }'
for round in 1 2 3 4 5 6 7 8; do
	AFTER_US=$((round * 100)) LD_PRELOAD=$PWD/alarm.so exits 0 "$LG" run -o "$round.lgt" -- ./alarmed
	[ ! -e "$round.lgt.children" ] || fails "it is taken for two images: $(ls "$round.lgt.children")"
	"$LG" report --json "$round.lgt" >report.json
	[ "$(json report.json '.processes[0].summary.reachable.bytes >= 100000')" = true ] || fails "$(json report.json '.processes[0].totals | tostring')"
done
