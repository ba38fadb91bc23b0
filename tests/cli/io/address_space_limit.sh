# A program that limits its own address space has about as much of it as without leakgraph, thread after thread.
program limited '#include <pthread.h>
#include <sys/resource.h>
static void *idle(void *p) { void *volatile q = malloc(100); free(q); return p; }
int main(void) {
	struct rlimit limit = { 700 << 20, 700 << 20 }; pthread_t t[8];
	setrlimit(RLIMIT_AS, &limit);
	void *volatile big = malloc(400 << 20);
	if (!big) return 9;
	free(big);
	for (int i = 0; i < 8; i++) if (pthread_create(&t[i], NULL, idle, NULL)) return 8;
	for (int i = 0; i < 8; i++) pthread_join(t[i], NULL);
	puts("fine"); return 4; }' -pthread
exits 4 "$LG" check --json=r.json -- ./limited
[ "$(json r.json '.processes[0] | "\(.verdict) \(.totals.events_lost) \(.totals.threads)"')" = 'complete 0 9' ] || fails "$(json r.json '.processes[0].verdict_reasons[0]')"
# Under a limit that leaves no room for the rings it runs untraced, and that is not called clean.
exits 125 "$LG" check -- sh -c 'ulimit -v 60000; exec /bin/ls /' </dev/null
grep -q . out || fails "ls under a small limit says nothing"
