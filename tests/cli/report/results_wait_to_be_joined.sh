# What a thread has returned is there for who will join it; of one that was joined or detached it is lost.
program join '#include <pthread.h>
#include <string.h>
static void *thread(void *p) { (void)p; return malloc(234); }
int main(int argc, char **argv) {
	pthread_t id; pthread_attr_t how; void *result;
	pthread_attr_init(&how);
	pthread_attr_setdetachstate(&how, argc > 1 && !strcmp(argv[1], "detach"));
	if (pthread_create(&id, &how, thread, NULL)) return 1;
	if (argc > 1 && !strcmp(argv[1], "join")) pthread_join(id, &result), result = NULL;
	else usleep(200000);
	return 0; }' -O0 -pthread
exits 0 "$LG" check -- ./join
for how in join detach; do
	exits 23 "$LG" check --json=r.json -- ./join $how
	[ "$(json r.json '.processes[0] | "\(.verdict) \(.summary.direct | "\(.blocks) \(.bytes)")"')" = 'complete 1 234' ] ||
		fails "$how: $(json r.json '.processes[0].summary | tostring')"
done
