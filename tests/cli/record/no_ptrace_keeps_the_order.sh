# no_ptrace_keeps_the_order: threads that run while memory is looked at hand blocks to others, which free them; what only one
# side has told of by then is no double free, and no block that was handed out twice
cat >handing.c <<'C'
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
static void *end(void *block)
{
	free(block);
	return NULL;
}
static void *begin(void *detached)
{
	for (;;) {
		pthread_t t;
		void *block = malloc(352);
		if (pthread_create(&t, detached, end, block))
			free(block);
	}
}
static void *churn(void *unused)
{
	for (;;)
		free(malloc(351));
	return unused;
}
int main(void)
{
	pthread_attr_t detached;
	pthread_t t;
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	for (int i = 0; i < 2; i++)
		pthread_create(&t, NULL, churn, NULL);
	pthread_create(&t, NULL, begin, &detached);
	usleep(150000);
	exit(0);
}
C
gcc -g -O0 -o handing handing.c -pthread
for i in 1 2 3 4 5 6; do
	exits 125 "$LG" check --no-ptrace --kinds=heap-error --json=$i.json -- ./handing
	[ "$(json $i.json '.processes[0].heap_errors | length')" = 0 ] || fails "$(json $i.json '.processes[0].heap_errors[0].kind')"
	[ "$(json $i.json '.processes[0].totals.implied_frees')" = 0 ] || fails "$(json $i.json '.processes[0].verdict_reasons')"
done
