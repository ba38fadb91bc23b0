# Members of a program's own pools live at the moments that they lived at, and were born when they were told of.
gcc -std=gnu17 -O1 -g -I"$TOP/include" -o pools-grow "$TOP/tests/programs/pools-grow.c"
exits 0 "$LG" run -o t.lgt -- ./pools-grow
exits 0 "$LG" growth --json t.lgt
place() { json out ".processes[0].places[] | select(.stack[1].function == \"$1\") | $2"; }
[ "$(place grow '[.at[].blocks | tostring] | join(" ")')" = '1 2 3 4' ] || fails "$(json out '.processes[0].places')"
[ "$(place stay '[.at[].blocks | tostring] | join(" ")')" = '8 8 8 8' ] || fails "$(json out '.processes[0].places')"
[ "$(place grow '[.survivors[].blocks | tostring] | join(" ")')" = '1 1 1 1' ] || fails "$(place grow .survivors)"
exits 0 "$LG" growth --json --since=first --until=third t.lgt
[ "$(place grow '[.at[].blocks | tostring] | join(" ")')" = '0 1 2' ] || fails "$(json out '.processes[0].places')"
[ -z "$(place stay .)" ] || fails "$(place stay .)"
exits 23 "$LG" check --kinds=growth t.lgt
grep -q grow err || fails "$(cat err)"
grep -q stay err && fails "what stays is told: $(cat err)"
true
