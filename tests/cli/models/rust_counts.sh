# Rc and Arc of Rust with debug information: a cycle by its fields, a forgotten reference, a weak parent that makes no cycle;
# boxes with the same words in them count nothing.
rustc --version >/dev/null 2>&1 || skip "rustc is not installed"
for level in 0 2; do
	rustc -g -C opt-level=$level -o app "$TOP/tests/programs/models/shared.rs" 2>cc.err || skip "rustc does not compile: $(tail -n 1 cc.err)"

	says()
	{
		[ "$(json report.json "$1")" = "$2" ] || fails "level $level: $(json report.json "$1"), not $2: $1"
	}

	exits 0 "$LG" check --json=report.json -- ./app plain
	says '.processes[0].counts | "\(.objects) \(.exact)"' '1 1'
	exits 23 "$LG" check --json=report.json -- ./app cycle
	says '.processes[0].leaks[0].cycle.edges[] | select(.suggested_break) | "\(.from_type | split("::")[-1]) .\(.field) \(.break_with)"' 'Node> .owner Weak'
	says '[.processes[0].leaks[0].cycle.edges[] | "\(.from_type | sub("\\w+::"; "")) \(.field)"] | join(", ")' \
		'RcInner<Node> children, Rc<Node>[] [0], RcInner<Node> owner'
	says '.processes[0].counts | "\(.exact) \(.surplus) \(.deficit)"' '5 0 0'
	exits 23 "$LG" check --json=report.json -- ./app friends
	says '[.processes[0].leaks[0].cycle.edges[].field] | join(" ")' 'friend friend'
	exits 0 "$LG" check --json=report.json -- ./app forget
	says '.processes[0].leaked_references[] | "\(.type) \(.references)"' 'ArcInner<[u64; 3]> 1'
	exits 23 "$LG" check --json=report.json -- ./app weak
	says '.processes[0].summary | "\(.direct.blocks) \(.cycle.blocks)"' '1 0'
	says '.processes[0].counts | "\(.exact) \(.surplus) \(.deficit)"' '4 1 0'
done
