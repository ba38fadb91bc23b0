victim ring-of-2
"$LG" run -o ring.lgt -- ./ring-of-2 2>/dev/null
exits 0 "$LG" why ring.lgt L1
grep -q 'plant_ring' out || fails "why does not name where the cycle was made"
victim held-by-globals
"$LG" run -o held.lgt -- ./held-by-globals 2>/dev/null
found=
for address in $("$LG" dump held.lgt | grep -i alloc | grep -oE '0x[0-9a-f]{6,}' | sort -u); do
	"$LG" why held.lgt "$address" >out 2>/dev/null && grep -q in_bss out && found=yes
done
[ -n "$found" ] || fails "why does not name the global that holds a block"
refuses 2 'L99' "$LG" why ring.lgt L99
