# Of 2,048 stacks of which nothing lives, json writes the frames of the 1,000 heaviest, and of all, or as a table, when asked.
program stacks 'void *volatile kept;
void turn(int way, int left);
__attribute__((noinline)) void one(int way, int left) { turn(way, left); __asm__(""); }
__attribute__((noinline)) void other(int way, int left) { turn(way, left); __asm__(""); }
__attribute__((noinline)) void turn(int way, int left)
{
	if (!left) { kept = malloc(64 + way); free(kept); return; }
	if (way >> (left - 1) & 1) one(way, left - 1); else other(way, left - 1);
	__asm__("");
}
int main(void) { for (int i = 0; i < 2048; i++) turn(i, 11); kept = malloc(4000); return 0; }'
"$LG" run -o t.lgt -- ./stacks 2>/dev/null

# stacks FRAMES: json's, of which blocks were allocated in turn()
stacks()
{
	"$LG" export --format=json "--frames=$1" t.lgt 2>err >"$1.json"
	jq -c '.stack | values' "$1.json" >"$1.stacks"
}

stacks live
dead=$(jq -s 'map(select(.live_blocks == 0)) | length' live.stacks)
[ "$dead" -ge 2048 ] || fails "$dead stacks"
[ "$(jq '.process | values | .stacks_without_frames' live.json)" = $((dead - 1000)) ] || fails "not $((dead - 1000))"
[ "$(jq -s 'map(select(.frames_left_out)) | length' live.stacks)" = $((dead - 1000)) ] || fails 'frames_left_out'
jq -se 'all(.frames_left_out == (.frames == []))' live.stacks >/dev/null || fails 'frames are there that were left out'
jq -se 'map(select(.live_blocks == 0)) | group_by(.frames_left_out) | (.[0] | map(.allocated_bytes) | min) >= (.[1] | map(.allocated_bytes) | max)' \
	live.stacks >/dev/null || fails 'they are not the heaviest'
grep -q "frames of $((dead - 1000)) stacks of which nothing lives are left out; --frames=all" err || fails "$(cat err)"

stacks all
[ ! -s err ] || fails "$(cat err)"
jq -se 'all(.frames_left_out == false and .frames != [])' all.stacks >/dev/null || fails 'frames are left out of all'
stacks table
jq -nc 'reduce inputs as $l ({f: {}}; if $l.frame then .f[$l.frame.id | tostring] = ($l.frame | del(.id)) elif $l.stack then .s += [$l.stack] else . end)
	| .f as $f | .s[] | .frames |= map($f[tostring])' table.json | jq -c . >resolved
cmp all.stacks resolved || fails 'the table gives other frames'
[ "$(jq -c '.frame | values | del(.id)' table.json | sort | uniq -d | wc -l)" = 0 ] || fails 'a frame is written twice'
refuses 2 'takes one of live, all, table' "$LG" export --format=json --frames=none t.lgt
