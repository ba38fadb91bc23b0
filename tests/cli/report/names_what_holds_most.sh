# The variables that keep most alive, by what would be freed with them; text and JSON say the same.
victim registry
"$LG" run -o t.lgt -- ./registry 2>/dev/null
exits 0 "$LG" report t.lgt
grep -q 'session_registry in registry (registry.c:12) retains 134.8 KiB in 6,000 blocks' out || fails "$(cat out)"
grep -A 1 'page_cache in registry (registry.c:13) retains 80.0 KiB' out | grep -q 'all of it 10 blocks from main' || fails "$(cat out)"
exits 0 "$LG" report --json t.lgt
[ "$(json out '.processes[0].roots[0] | "\(.root) \(.root_kind) \(.retained_blocks) \(.retained_bytes) \(.main_place.blocks)"')" = \
	"session_registry in registry (registry.c:12) global 6000 138000 3000" ] || fails "$(json out '.processes[0].roots[0] | del(.main_stack)')"
# One entry alone: the oldest is the list's last, and keeps only its text; cutting its one holder frees both.
exits 0 "$LG" report --json --show=reachable t.lgt
oldest=$(json out '.processes[0].reachable[] | select(.sizes == [16]) | .addresses[0]')
exits 0 "$LG" why --json t.lgt "$oldest"
[ "$(json out '"\(.retained_blocks) \(.retained_bytes) \(.path_length) \(.referrers[0].freed_bytes)"')" = '2 46 3000 46' ] ||
	fails "the oldest entry: $(json out '"\(.retained_blocks) \(.retained_bytes) \(.path_length) \(.referrers[0].freed_bytes)"')"
exits 0 "$LG" why t.lgt "$oldest"
grep -q 'It keeps 46 B in 2 blocks alive' out || fails "$(cat out)"
grep -q 'its only holder: cut, it frees 46 B' out || fails "$(cat out)"
# Of two words of one holder neither alone keeps it.
program twice 'void *both[2]; int main(void) { both[0] = both[1] = malloc(33); return 0; }'
"$LG" run -o u.lgt -- ./twice 2>/dev/null
exits 0 "$LG" report --json --show=reachable u.lgt
exits 0 "$LG" why u.lgt "$(json out '.processes[0].reachable[] | select(.sizes == [33]) | .addresses[0]')"
grep -q 'both\[1\] in twice' out || fails "$(cat out)"
grep -q 'its only holder' out && fails "both words are said to be the only one: $(cat out)"
:
