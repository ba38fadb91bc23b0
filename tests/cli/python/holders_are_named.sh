# The path to an object reads as Python would write it, and what a dictionary has outgrown holds nothing.
[ -x /usr/bin/python3 ] || skip "/usr/bin/python3 is not there"
export PYTHONDONTWRITEBYTECODE=1
exits 0 "$LG" run -q -o held.lgt -- /usr/bin/python3 "$TOP/tests/programs/python/holders.py"
"$LG" export --format=json held.lgt | jq -r '.block | select(.type == "Leaf" or .type == "Slot") | "\(.type) \(.address)"' |
	while read -r type address; do
		"$LG" why --json held.lgt "$address" >"$type.json"
		echo "$type $(json "$type.json" '"\(.count) \(.references) \(.path_expression)"')"
	done | sort >out
grep -qxF "Leaf 1 1 registry['g'].queue[100][7]" out || fails "the leaf: $(grep Leaf out)"
grep -qxF "Slot 1 1 registry['e'].previous.kids[0]" out || fails "of what is in the registry no more: $(cat out)"
# The stack may hold one or another as well, by a word that is left over.
[ "$(grep -c "^Slot 1 1 registry\['[abcefg]'\]\.kids\[0\]$" out)" -ge 4 ] || fails "slots: $(cat out)"
grep -v "^[a-zA-Z]* 1 1 " out && fails "counts"
# Who lets go of what it does not own frees nothing: the collector's links do not.
[ "$(json Leaf.json '[.referrers[] | select(.freed_blocks > 0) | .field] | tostring')" = '["[7]"]' ] ||
	fails "alone hold it: $(json Leaf.json '.referrers | tostring')"
