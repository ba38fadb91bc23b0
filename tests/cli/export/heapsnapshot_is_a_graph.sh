# V8's heap snapshot: every edge leads to a node, the ring can be walked, the leak stands below its own root, and edges
# have the names of fields and variables.
victim ring-with-tail
"$LG" run -o ring.lgt -- ./ring-with-tail 2>/dev/null
victim registry
"$LG" run -o held.lgt -- ./registry 2>/dev/null

# graph NAME: NAME.lgt as {nodes: [{type, name, id, size, edges: [{type, name, to}]}]} in NAME.json
graph()
{
	"$LG" export --format=heapsnapshot "$1.lgt" | jq '. as $s | .snapshot.meta as $m
		| reduce range(0; .nodes | length; 7) as $i ({ nodes: [], at: 0 };
			.at as $at | $s.nodes[$i:$i + 7] as $n | .at += 3 * $n[4] | .nodes += [{
				type: $m.node_types[0][$n[0]], name: $s.strings[$n[1]], id: $n[2], size: $n[3],
				edges: [range($at; .at; 3) as $e | $s.edges[$e:$e + 3] | $m.edge_types[0][.[0]] as $type
					| { $type, name: (if $type == "element" then .[1] else $s.strings[.[1]] end), to: (.[2] / 7) }] }])
		| if .at != ($s.edges | length) or .at != 3 * $s.snapshot.edge_count or (.nodes | length) != $s.snapshot.node_count
			or ([.nodes[].edges[].to] | any(. != floor or . >= $s.snapshot.node_count))
			or ([.nodes[].id] | length != (unique | length)) then error("the counts differ") else . end' >"$1.json" ||
		fails "$1.heapsnapshot does not hang together"
}
# walk NAME WORDS...: from the top by names of nodes, or /NAME of edges; prints the name and size of where that ends
walk()
{
	local file=$1.json
	shift
	jq -r '.nodes as $n | reduce $ARGS.positional[] as $word ($n[0];
		first(.edges[] | select(if $word[:1] == "/" then .name == $word[1:] else $n[.to].name == $word end) | $n[.to])
		// error("no way by " + $word)) | "\(.type) \(.name) \(.size)"' "$file" --args "$@"
}
graph ring
grep -q '"L1 cycle, allocated by plant_ring"' ring.json || fails "$(jq -c '.nodes[].name' ring.json)"
leak=$(jq -r '.nodes[] | select(.name | startswith("L1 ")).name' ring.json)
ring=$(jq '[.nodes[] | select(.type == "native") | .edges[] | select(.name | tostring | test("^(next|[+]0)"))] | length' ring.json)
[ "$ring" = 3 ] || fails "$ring edges of the ring, not 3"
first=$(walk ring '(UNREACHABLE)' "$leak")
[ "$first" = "synthetic $leak 0" ] || fails "$first"
graph held
jq -e '[.nodes[] | select(.type == "synthetic").name] | contains(["(GC roots)", "global"])' held.json >/dev/null ||
	fails "$(jq -c '[.nodes[] | select(.type == "synthetic").name]' held.json)"
jq -e '[.nodes[] | select(.type == "synthetic").edges[].name] | index("session_registry.head")' held.json >/dev/null ||
	fails "no edge of the variable"
