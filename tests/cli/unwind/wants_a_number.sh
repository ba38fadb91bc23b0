LEAKGRAPH_VERIFY_UNWIND=often refuses 2 'LEAKGRAPH_VERIFY_UNWIND=often: give it a number' "$LG" run -- true
no_trace_here
for off in 0 ''; do
	LEAKGRAPH_VERIFY_UNWIND=$off exits 0 "$LG" run -q -- true
	[ ! -s err ] || fails "it says: $(cat err)"
done
LEAKGRAPH_VERIFY_UNWIND=3 exits 7 "$LG" run -- sh -c 'exit 7'
grep -q 'stacks checked by libunwind' err || fails "no stack was checked: $(cat err)"
