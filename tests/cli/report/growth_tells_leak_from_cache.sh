# A program that leaks steadily and turns a bounded cache over: what grew, how, what holds the newest, what survived.
victim growing
served growing
exits 0 "$LG" snapshot "$pid"
line
exits 0 "$LG" snapshot "$pid"
line
over 5

exits 0 "$LG" growth t.lgt
grep -Eq '^  \+2,080 B +struct session, open_session' out || fails "the leak does not lead: $(cat out)"
grep -q 'linear: it grows on a straight line' out || fails "it is not linear: $(cat out)"
grep -q 'alive: 10 blocks from before 1, 10 from 1-2, 10 since 2' out || fails "$(cat out)"
grep -q 'cache_entry' out && fails "the cache is said to grow: $(cat out)"

exits 0 "$LG" growth --json t.lgt
place() { json out ".processes[0].places[] | select(.stack[0].function == \"$1\") | $2"; }
[ "$(json out '.schema, (.processes[0] | .verdict, (.moments[] | "\(.what) \(.live_blocks)"))' | paste -sd' ')" = \
	'leakgraph.growth.v1 complete snapshot 21 snapshot 31 exit 41' ] || fails "$(json out '.processes[0].moments')"
[ "$(place open_session '"\(.type) \(.fit) \([.at[].bytes | tostring] | join(" ")) \(.newest.path_expression)"')" = \
	'struct session linear 1040 2080 3120 sessions' ] || fails "$(place open_session .)"
[ "$(place cache_entry '"\(.fit) \([.at[].bytes | tostring] | join(" ")) \([.survivors[].blocks | tostring] | join(" "))"')" = \
	'constant 400 400 400 8 0 0' ] || fails "$(place cache_entry .)"

# So do what holds the two: the report tells it of the place that most is from.
exits 0 "$LG" report --json t.lgt
rates=$(json out '.processes[0].roots | map(select(.root | test("^(sessions|cache) in"))) | sort_by(.root) | map(.bytes_per_second > 0) | join(" ")')
[ "$rates" = 'false true' ] || fails "$(json out '.processes[0].roots[] | "\(.root) \(.bytes_per_second)"')"

# What was allocated after the first snapshot and lives at the second: the cache's entries too, and nothing older.
exits 0 "$LG" growth --json --since=1 --until=2 t.lgt
[ "$(place open_session '[.survivors[].blocks | tostring] | join(" ")') $(place cache_entry '[.survivors[].blocks | tostring] | join(" ")')" = \
	'10 0 8 0' ] || fails "$(cat out)"
[ "$(json out '.processes[0].verdict')" = complete ] || fails "$(json out '.processes[0].verdict_reasons')"

refuses 2 'has no moment 4; ' "$LG" growth --until=4 t.lgt
refuses 2 'does not lie before' "$LG" growth --since=2 --until=2 t.lgt
