# A program's own counts, declared in a file: a reference that was forgotten is found, a parent that is not owned makes no
# cycle; by field names with debug information, by offsets without. A mistake in the file is told before anything runs.
gcc -O1 -g -o app "$TOP/tests/programs/models/refcounted.c"
cat >node.model <<'EOF'
# nodes of a tree
type struct node
    count refs
    owns  first
    owns  next
    weak  parent
EOF
cat >plain.model <<'EOF'
from node_new 32
    count 0 2
    weak  24
EOF

says()
{
	[ "$(json report.json "$1")" = "$2" ] || fails "$model: $(json report.json "$1"), not $2: $1"
}

model=none
exits 23 "$LG" check --json=report.json -o app.lgt -- ./app
says '[.processes[0].leaks[].kind] | sort | join(" ")' cycle
for model in node plain; do
	"$LG" report --model=$model.model --json app.lgt >report.json
	says '.processes[0].summary | "\(.direct.blocks) \(.cycle.blocks) \(.indirect.blocks)"' '1 0 3'
	says '.processes[0].counts | "\(.exact) \(.surplus) \(.deficit)"' '7 2 0'
	says '[.processes[0].leaked_references[] | "\(.references) \(.reachable_objects)"] | sort | join(", ")' '1 0, 1 1'
done
exits 0 "$LG" types --model=node.model app.lgt
grep -q ' struct node$' out || fails "$(cat out)"

# wrong PATTERN LINE...: the file is refused, and nothing is run
wrong()
{
	printf '%s\n' "${@:2}" >wrong.model
	refuses 2 "$1" "$LG" check --model=wrong.model -- ./app
}
wrong 'wrong.model:1: a field before the first type' 'count refs'
wrong 'wrong.model:2: neither type' 'type struct node' 'counts refs'
wrong 'wrong.model:1: nothing is said of it: .*: struct node' 'type struct node'
wrong 'wrong.model:2: no field of its size lies at that offset: 3' 'type struct node' 'count 3'
wrong 'wrong.model:1: one field is declared to be two things: f' 'from f' 'weak 8' 'owns 8'
wrong 'wrong.model:1: blocks of a function have fields by offset only: f' 'from f' 'weak parent'
wrong 'wrong.model: line|wrong.model:2: after an offset' 'from f' 'count 0 3'
refuses 2 'nowhere.model cannot be read' "$LG" report --model=nowhere.model app.lgt
printf 'type struct node\nweak parnt\n' >wrong.model
refuses 2 'wrong.model:2: struct node has no field parnt' "$LG" report --model=wrong.model app.lgt
