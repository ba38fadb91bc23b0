# C++ objects by their classes, stripped too: how many, what they retain together, how many are lost.
g++ -O1 -s -o app "$TOP/tests/programs/cxx-types.cc"
"$LG" run -o t.lgt -- ./app 2>/dev/null
exits 0 "$LG" types --json t.lgt
row() { json out ".types[] | select(.type == \"$1\") | [.model, .blocks, .bytes, .retained_bytes, .lost_blocks] | join(\" \")"; }
[ "$(row app::Node)" = 'c++ 5 120 680 2' ] || fails "app::Node: $(row app::Node)"
[ "$(row app::Shape)" = 'c++ 5 560 560 2' ] || fails "app::Shape: $(row app::Shape)"
[ "$(row 'app::Shape[]')" = 'c++ 1 344 344 0' ] || fails "app::Shape[]: $(row 'app::Shape[]')"
exits 0 "$LG" types t.lgt
grep -Eq '5 +120 B +680 B +2 +48 B +app::Node$' out || fails "$(cat out)"
exits 0 "$LG" report --json t.lgt
[ "$(json out '.processes[0].leaks[0] | "\(.type) \(.cycle.edges[0].from_type)"')" = 'app::Node app::Node' ] ||
	fails "the lost ring has no type: $(json out '.processes[0].leaks[0].type')"
