# --repeat=N: a leak counts only when every run shows it; a run that fails or cannot be judged ends it; --max-peak.
code='void *one; __attribute__((noinline)) void always(void) { one = malloc(10); one = 0; }
__attribute__((noinline)) void once(void) { one = malloc(20); one = 0; }'
program app "$code
int main(int argc, char **argv) { if (argc > 1) always(); if (!access(\"mark\", F_OK)) once(); fclose(fopen(\"mark\", \"w\")); return access(\"fail\", F_OK) ? 0 : 3; }" -O0
touch mark
exits 23 "$LG" check -- ./app
rm mark
exits 0 "$LG" check --repeat=2 --json=r.json -- ./app
grep -q 'not counted: 1 place that did not show in every run' err || fails "$(cat err)"
[ "$(json r.json '[.processes[0].leaks[] | select(.in_every_run == false)] | length')" = 1 ] || fails "$(cat r.json)"
rm mark
printf '%s\n' '# leakgraph: max-blocks=1' 'leak:always' >one.supp # the bound is of each run
exits 0 "$LG" check --repeat=3 --suppressions=one.supp -- ./app again
rm mark
exits 23 "$LG" check --repeat=3 --keep -- ./app again
grep -q 'check FAILED: 1 leak, 10 B' err || fails "$(cat err)"
[ "$(ls *.lgt | wc -l)" = 1 ] || fails "the last run is not kept alone: $(ls)"
touch fail
exits 3 "$LG" check --repeat=3 -- ./app again
refuses 2 '.--repeat takes a program' "$LG" check --repeat=3 *.lgt

program peak 'int main(void) { for (int i = 0; i < 9; i++) { char *volatile p = malloc(300000); p[0] = 1; free(p); } return 0; }' -O0
exits 0 "$LG" check --max-peak=300K -- ./peak
exits 23 "$LG" check --max-peak=200000 -- ./peak
grep -q 'FAILED: a peak of 293.0 KiB, 195.3 KiB may be; 0 leaks' err || fails "$(cat err)"
grep -q 'to accept' err && fails "there is no leak to accept: $(cat err)"
true
