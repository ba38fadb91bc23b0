# A trace that ends without a snapshot exports what there is; stderr and the formats that can say that nothing was judged.
program dies 'int main(void) { for (int i = 0; i < 3; i++) if (!malloc(100)) return 1; kill(getpid(), 9); }' -include signal.h
"$LG" run --no-ptrace -o t.lgt -- ./dies >/dev/null 2>&1 || :
exits 0 "$LG" export --format=folded --count t.lgt
grep -q '^main 3$' out || fails "$(cat out)"
grep -q '^leakgraph: t.lgt: degraded: ' err || fails "stderr says nothing"
for format in pprof heapsnapshot sqlite json dot speedscope dhat valgrind-xml; do
	exits 0 "$LG" export --format=$format -o t.$format t.lgt
	grep -q '^leakgraph: t.lgt: degraded: ' err || fails "$format: stderr says nothing"
done
for format in pprof heapsnapshot dot sqlite json valgrind-xml; do
	grep -aq degraded t.$format || fails "$format does not say that it is degraded"
done
[ "$(jq -s 'map(.block.class | select(.)) | join(" ")' t.json)" = '"live live live"' ] || fails "$(cat t.json)"
[ "$(sqlite3 t.db <t.sqlite; sqlite3 t.db 'SELECT judged, count(*) FROM blocks JOIN processes USING (process)')" = '0|3' ] ||
	fails 'the database'
[ "$(json t.heapsnapshot '[.nodes | range(3; length; 7) as $i | .[$i]] | add')" = 300 ] || fails 'the heap snapshot'
json t.heapsnapshot '.strings[]' | grep -q 'not judged' || fails "$(json t.heapsnapshot '.strings[]')"
exits 0 xmllint --noout t.valgrind-xml
! grep -q '<error>' t.valgrind-xml || fails 'leaks that nobody judged'
