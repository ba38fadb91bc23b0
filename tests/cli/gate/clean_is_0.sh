victim no-leak
exits 0 "$LG" check -- ./no-leak
[ "$(cat out)" = out ] || fails "something was added to standard output"
victim held-by-globals
exits 0 "$LG" check -- ./held-by-globals
