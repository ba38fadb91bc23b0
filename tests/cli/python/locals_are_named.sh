# Variables of running Python functions are roots with names; where objects lie in Python's own pools it is said.
[ -x /usr/bin/python3 ] || skip "/usr/bin/python3 is not there"
exits 0 "$LG" run -o locals.lgt -- /usr/bin/python3 "$TOP/tests/programs/python/locals.py"
"$LG" report --json --show=reachable --all locals.lgt >report.json
for address in $(json report.json '.processes[0].reachable[] | select(.type == "Thing") | .addresses[]'); do
	"$LG" why locals.lgt "$address"
done >why
grep -q 'local `mine` in inner() (.*locals.py)' why || fails "mine is not named: $(grep -A 1 'Held by' why | paste -sd' ')"
grep -q 'local `box` in outer() (.*locals.py)' why || fails "box is not named: $(grep -A 1 'Held by' why | paste -sd' ')"

exits 0 "$LG" run --no-env -o pools.lgt -- /usr/bin/python3 "$TOP/tests/programs/python/locals.py"
! grep -q PYTHONMALLOC err || fails "--no-env sets it: $(cat err)"
"$LG" report --show=reachable pools.lgt | grep -q 'note: Python took its objects .* from pools' || fails "no note about pools"
! "$LG" report locals.lgt | grep -q 'from pools' || fails "a note about pools where there are none"
