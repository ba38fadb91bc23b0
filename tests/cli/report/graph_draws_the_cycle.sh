# The picture of a cycle: its blocks, its edges, the one to break; of a held block: the way to it. DOT that dot reads.
victim ring-of-2
"$LG" run -o ring.lgt -- ./ring-of-2 2>/dev/null
exits 0 "$LG" graph ring.lgt L1
[ "$(grep -c 'fillcolor="#ffd6d6"' out)" = 2 ] || fails "$(cat out)"
[ "$(grep -c 'n[01] -> n[01]' out)" = 2 ] || fails "$(cat out)"
[ "$(grep -c 'break here' out)" = 1 ] || fails "$(cat out)"
exits 0 "$LG" graph --json ring.lgt
[ "$(json out '[.edges[] | select(.suggested_break)] | length')" = 1 ] || fails "$(cat out)"
victim registry
"$LG" run -o t.lgt -- ./registry 2>/dev/null
exits 0 "$LG" graph t.lgt
grep -q 'session_registry.head in registry' out || fails "$(cat out)"
[ "$(grep -c 'fillcolor="#ffffff"' out)" -le 60 ] || fails "more than 60 blocks"
refuses 2 'no leak L9' "$LG" graph t.lgt L9
if command -v dot >/dev/null; then
	exits 0 "$LG" graph --svg t.lgt
	grep -q '</svg>' out || fails "no SVG"
else
	refuses 2 'graphviz' "$LG" graph --svg t.lgt
fi
mkdir fake
printf '#!/bin/sh\n[ "$1" = -V ]\n' >fake/dot
chmod +x fake/dot
PATH="$PWD/fake:$PATH" refuses 125 'written whole' "$LG" graph --svg t.lgt
