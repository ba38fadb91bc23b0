# A thread that waits for its stack to be checked waits no longer than the recorder lives.
program slow 'int main(void) { for (int i = 0; i < 30000; i++) free(malloc(24)); FILE *f = fopen("finished", "w"); fprintf(f, "%d\n", getpid()); return fclose(f); }'
LEAKGRAPH_VERIFY_UNWIND=1 "$LG" run -o t.lgt -- ./slow 2>/dev/null &
recorder=$!
sleep 0.3
kill -9 $recorder
wait $recorder 2>/dev/null || true
for _ in $(seq 200); do [ -s finished ] && break || sleep 0.1; done
[ -s finished ] || fails "the program did not come to its end"
