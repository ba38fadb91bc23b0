# Where to break a cycle: at an attribute, an item or a variable of a closure, not at what nobody can change once it is made
# (an item of a tuple, what a function or a method refers to, a class), and by a weak reference only to what takes one.
[ -x /usr/bin/python3 ] || skip "/usr/bin/python3 is not there"
export PYTHONDONTWRITEBYTECODE=1
exits 0 "$LG" run -q -o t.lgt -- /usr/bin/python3 "$TOP/tests/programs/python/closures.py"
exits 0 "$LG" report --json t.lgt
jq -r '.processes[0].leaks[] | select(.kind == "cycle") | (.stack | map(.function)) as $in
	| ([.cycle.edges[] | select(.suggested_break) | "\(.from_type) \(.field) \(.break_with)"][0] // "nothing") as $cut
	| (["closure", "recursion", "method", "pair", "slots", "class_only"][] | select(. as $name | $in | index($name))) as $case
	| "\($case): \($cut)"' out | sort -u >breaks
# 3.13 has an object's values in its block.
values=$(/usr/bin/python3 -c 'import sys; print("Widget" if sys.version_info >= (3, 13) else "dict values")')
cat >wanted <<W
class_only: nothing
closure: list items [0] weakref.ref
method: $values callback weakref.ref
pair: $values pair null
recursion: cell cell_contents weakref.ref
slots: Slotted other null
W
diff wanted breaks >differs || fails "$(cat differs)"
