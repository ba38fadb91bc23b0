victim no-leak
status=0
"$LG" check --json=/no/such/folder/r.json -- ./no-leak >out 2>err || status=$?
[ $status != 0 ] || fails "exit status 0, and no report"
grep -q '/no/such/folder' err || fails "no word of the report that could not be written"
