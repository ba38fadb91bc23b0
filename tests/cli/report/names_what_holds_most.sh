# The variables that keep most alive, by what would be freed with them; text and JSON say the same.
victim registry
"$LG" run -o t.lgt -- ./registry 2>/dev/null
exits 0 "$LG" report t.lgt
grep -q 'session_registry in registry (registry.c:12) retains 134.8 KiB in 6,000 blocks' out || fails "$(cat out)"
grep -A 1 'page_cache in registry (registry.c:13) retains 80.0 KiB' out | grep -q 'all of it 10 blocks from main' || fails "$(cat out)"
exits 0 "$LG" report --json t.lgt
[ "$(json out '.processes[0].roots[0] | "\(.root) \(.root_kind) \(.retained_blocks) \(.retained_bytes) \(.main_place.blocks)"')" = \
	"session_registry in registry (registry.c:12) global 6000 138000 3000" ] || fails "$(json out '.processes[0].roots[0] | del(.main_stack)')"
