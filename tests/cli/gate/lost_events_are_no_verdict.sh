# With a stopped recorder and --on-full=drop events are lost: counted, and never "clean".
program burst 'int main(void) { for (int i = 0; i < 5000000; i++) { void *volatile p = malloc(24); free(p); } return 0; }' -O0
exits 0 "$LG" run --on-full=drop -o t.lgt -- ./burst
"$LG" report --json t.lgt >r.json
lost=$(json r.json '.processes[0].totals.events_lost')
[ "$lost" != 0 ] || skip 'the recorder was fast enough: nothing was lost'
exits 125 "$LG" check t.lgt
