# A block with many references: a few are shown, JSON has a thousand, --all lists every one; how many are left out is said.
# One word of many that one variable holds frees nothing.
program many 'void *volatile words[1500], *volatile alone[2];
int main(void) { void *held = malloc(40); for (int i = 0; i < 1500; i++) words[i] = held; alone[1] = malloc(56); held = NULL; return 0; }' -O1
"$LG" run -o t.lgt -- ./many 2>/dev/null
address() { "$LG" dump t.lgt | grep -o "addr=0x[0-9a-f]* size=$1 " | grep -o '0x[0-9a-f]*'; }
held=$(address 40)
exits 0 "$LG" why t.lgt "$held"
[ "$(grep -c '^    words' out)" -ge 10 ] && [ "$(wc -l <out)" -lt 40 ] || fails "not a few are shown: $(cat out)"
grep -q '^    and 1,490 more references (--all lists them)$' out || fails "it does not say how many more: $(cat out)"
! grep -q 'its only holder' out || fails "a word of many frees it"
exits 0 "$LG" why --all t.lgt "$held"
[ "$(grep -c '^    words' out)" -ge 1500 ] || fails "--all shows only $(grep -c '^    words' out)"
exits 0 "$LG" why --json t.lgt "$held"
[ "$(json out '"\(.referrers | length) \(.referrer_count) \(.referrers_left_out) \(.referents_left_out)"')" = '1000 1500 500 0' ] ||
	fails "$(json out '"\(.referrers | length) \(.referrer_count) \(.referrers_left_out)"')"
exits 0 "$LG" why --json --all t.lgt "$held"
[ "$(json out '"\(.referrers | length) \(.referrers_left_out) \([.referrers[] | select(.freed_blocks > 0)] | length)"')" = '1500 0 0' ] ||
	fails "--all leaves some out"
exits 0 "$LG" why --json t.lgt "$(address 56)"
[ "$(json out '.referrers[0].freed_bytes')" = 56 ] || fails "the only holder frees nothing: $(cat out)"
