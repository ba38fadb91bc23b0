# Wrong words and traces are status 2, what cannot be written 125; one line each.
victim no-leak
"$LG" run -o t.lgt -- ./no-leak 2>/dev/null
refuses 2 'takes a --format and one TRACE' "$LG" export t.lgt
refuses 2 'takes a --format and one TRACE' "$LG" export --format=json
refuses 2 'takes a --format and one TRACE' "$LG" export --format=json t.lgt t.lgt
refuses 2 'no "xml"; there are folded, pprof, .*valgrind-xml' "$LG" export --format=xml t.lgt
refuses 2 'takes one of live, leaked, allocated, peak' "$LG" export --format=folded --value=dead t.lgt
refuses 2 'no.lgt' "$LG" export --format=folded no.lgt
refuses 125 'no/such cannot be written: No such file' "$LG" export --format=folded -o no/such t.lgt
refuses 125 '/dev/full cannot be written: No space' "$LG" export --format=json -o /dev/full t.lgt
exits 0 "$LG" export --help
for format in folded pprof heapsnapshot sqlite json dot speedscope dhat valgrind-xml; do
	grep -q "^  $format " out || fails "--help has no $format"
done
exits 0 "$LG" export --format=folded --value=leaked t.lgt
[ ! -s out ] || fails "$(cat out)"
