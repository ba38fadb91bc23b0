# kill -9 of processes that begin and end threads all the time: what a thread was told to go on from may be over by then, and
# it waits at its exit, which it must not be sent past. The kernel leaves no way to be sure: of 200 a few lack a thread (3 to
# 10 on busy processors), each says so, and hardly one lacks the snapshot.
program busy '#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
static void *one(void *p) { free(malloc(10)); return p; }
static void lose(void) { void *volatile p = malloc(24); p = NULL; }
static void busy(int ready) { pthread_t t[4]; lose(); if (write(ready, "", 1) != 1) _exit(1);
	for (;;) { for (int k = 0; k < 4; k++) pthread_create(&t[k], NULL, one, NULL); for (int k = 0; k < 4; k++) pthread_join(t[k], NULL); } }
int main(void) { for (int i = 0; i < 200; i++) { int ends[2]; char byte; if (pipe(ends)) return 1; pid_t child = fork(); if (!child) busy(ends[1]);
	if (read(ends[0], &byte, 1) != 1) return 1; close(ends[0]); close(ends[1]); usleep(1500 + i * 20); kill(child, SIGKILL); waitpid(child, NULL, 0); } return 0; }' -pthread
exits 23 "$LG" check --allow-degraded --json=r.json -- ./busy
[ "$(json r.json '[.processes[1:][] | select(.ended.signal == "SIGKILL" and .totals.events_lost == 0)] | length')" = 200 ] || fails "not all are there"
lacking=$(json r.json '[.processes[1:][] | select(.verdict != "complete")] | length')
[ "$lacking" -le 30 ] || fails "$lacking of 200 are degraded"
blind=$(json r.json '[.processes[1:][] | select(.verdict_reasons | any(startswith("no snapshot")))] | length')
[ "$blind" -le 5 ] || fails "$blind of 200 have no snapshot"
