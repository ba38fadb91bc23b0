# A program that the loader was told to run, one that deletes its own file, one whose first thread has ended, a script
# whose first line passes options by env: each is traced and named as usual.
victim chain
exits 23 "$LG" check --json=r.json -- /lib64/ld-linux-x86-64.so.2 ./chain
[ "$(json r.json '.processes[0] | "\(.verdict) \(.summary.direct.blocks) \([.leaks[0].stack[].function] | any(. == "main"))"')" = 'complete 1 true' ] ||
	fails "by the loader: $(json r.json '.processes[0] | .verdict, .summary.direct.blocks, .leaks[0].stack[].function' | paste -sd' ')"
program gone 'static void lose(void) { void *volatile p = malloc(24); p = NULL; } int main(int n, char **v) { lose(); return n ? unlink(v[0]) : 1; }' -O0
exits 23 "$LG" check --json=r.json -- ./gone
[ "$(json r.json '.processes[0] | "\(.verdict) \(.summary.direct.blocks)"')" = 'complete 1' ] || fails "deleted: $(json r.json '.processes[0].verdict_reasons[]')"
[ ! -e gone ] || fails "the program is still there"
program left '#include <pthread.h>
static void *rest(void *p) { usleep(100000); void *volatile q = malloc(24); q = NULL; printf("%d\n", malloc(7) != NULL); exit(5); return p; }
int main(void) { pthread_t t; pthread_create(&t, NULL, rest, NULL); pthread_exit(NULL); }' -O0 -pthread
exits 5 "$LG" check --json=r.json -- ./left
[ "$(json r.json '.processes[0] | "\(.verdict) \(.summary.direct.blocks) \(.ended.status)"')" = 'complete 2 5' ] ||
	fails "first thread ended: $(json r.json '.processes[0] | .verdict_reasons[], .summary.direct.blocks')"
printf '#!/usr/bin/env -S bash -eu\n./chain\n' >script && chmod +x script
exits 23 "$LG" check -- ./script
