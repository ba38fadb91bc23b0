# One flipped byte anywhere: never a crash, never "clean", never a leak that is not there.
victim chain
"$LG" run -o whole.lgt -- ./chain 2>/dev/null
bytes=$(stat -c %s whole.lgt)
step=$((bytes / 80 + 1))
for ((at = 0; at < bytes; at += step)); do
	[ $at -ge 12 ] && [ $at -lt 16 ] && continue # reserved: nobody reads them
	cp whole.lgt bad.lgt
	byte=$(od -An -tu1 -j $at -N 1 whole.lgt)
	printf "\\$(printf %o $((byte ^ 0x5a)))" | dd of=bad.lgt bs=1 seek=$at conv=notrunc status=none
	status=0
	"$LG" check bad.lgt >out 2>err || status=$?
	case $status in 2 | 125) ;; *) fails "byte $at of $bytes flipped: exit status $status" ;; esac
	status=0
	"$LG" dump bad.lgt >out 2>err || status=$?
	case $status in 0 | 2) ;; *) fails "byte $at of $bytes flipped: dump ends with $status" ;; esac
done
