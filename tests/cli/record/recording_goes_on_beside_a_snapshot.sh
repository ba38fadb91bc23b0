# While a snapshot on demand is written, what the program does is recorded all the same: its rings would fill.
program busy '#include <string.h>
static void *held[4096];
int main(void) { for (int i = 0; i < 4096; i++) memset(held[i] = malloc(65536), i, 65536);
puts("ready"); fflush(stdout); alarm(100);
struct { int n; char line[8]; } in = { 0 };
for (;;) { for (int i = 0; i < 1000000; i++) { void *volatile p = malloc(24); free(p); } if (access("over", F_OK) == 0) return in.n; } }' -O1
"$LG" run -o t.lgt -- ./busy >said 2>err &
recorder=$!
until grep -q ready said; do sleep 0.1; done
pid=$(pgrep -x -P "$recorder" busy)
for i in 1 2 3; do exits 0 "$LG" snapshot "$pid"; done
touch over
wait "$recorder" || fails "it ends otherwise: $(cat err)"
[ "$("$LG" dump --no-events t.lgt | grep -c '^snapshot .*reason=demand .*whole=yes')" = 3 ] || fails "$("$LG" dump --no-events t.lgt | grep ^snapshot)"
exits 0 "$LG" report --json t.lgt
[ "$(json out '.processes[0] | "\(.verdict) \(.totals.live_blocks)"')" = 'complete 4097' ] ||
	fails "$(json out '.processes[0] | .verdict, .totals.live_blocks, .verdict_reasons')"
python3 - t.lgt <<'EOP' || fails "no events between the parts of a snapshot"
import struct, sys
data, at, inside, between = open(sys.argv[1], "rb").read(), 16, False, 0
while at < len(data):
    kind, stored = struct.unpack_from("<4xH2xI", data, at)
    at += 32 + stored
    inside = kind == 5 or inside and kind != 10 # SNAPSHOT, SNAPSHOT_END
    between += inside and kind == 4 # EVENTS
sys.exit(not between)
EOP
