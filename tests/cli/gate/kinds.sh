victim held-inside
victim ring-of-2
"$LG" run -o inside.lgt -- ./held-inside 2>/dev/null
"$LG" run -o ring.lgt -- ./ring-of-2 2>/dev/null
exits 0 "$LG" check inside.lgt
exits 23 "$LG" check --kinds=possible inside.lgt
exits 23 "$LG" check ring.lgt
exits 23 "$LG" check --kinds=cycle ring.lgt
exits 0 "$LG" check --kinds=direct ring.lgt
exits 0 "$LG" check --kinds=direct,possible ring.lgt
