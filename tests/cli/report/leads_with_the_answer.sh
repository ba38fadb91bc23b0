victim ring-with-tail
exits 23 "$LG" check -- ./ring-with-tail
grep -q 'plant_ring' err || fails "the function is not named"
grep -q "ring-with-tail.c:$(grep -n '@ring' "$TOP/tests/programs/ring-with-tail.c" | tail -n 1 | cut -d: -f1)" err || fails "the line is not named"
grep -qi 'cycle' err || fails "no word of the cycle"
[ "$(wc -L <err)" -le 110 ] || fails "lines of $(wc -L <err) columns"
grep -q $'\033' err && fails "colour in a file"
true
