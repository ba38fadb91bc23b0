# kill -9 of the recorder: the program goes on to its end, and the trace up to there says that it is cut.
program slow 'int main(void) { for (int i = 0; i < 1500; i++) { void *volatile p = malloc(24); (void)p; usleep(1000); } FILE *f = fopen("finished", "w"); fprintf(f, "%d\n", getpid()); return fclose(f); }'
"$LG" run -o t.lgt -- ./slow 2>/dev/null &
recorder=$!
sleep 0.7
kill -9 $recorder
wait $recorder 2>/dev/null || true
for _ in $(seq 100); do [ -s finished ] && break || sleep 0.1; done
[ -s finished ] || fails "the program did not come to its end"
[ -s t.lgt ] || fails "no trace is left"
exits 125 "$LG" check --json=r.json t.lgt
[ "$(json r.json '.processes[0].verdict')" = degraded ] || fails "the trace is not degraded"
