# The dump says which kind of chunk takes how much of the file: with the 16 bytes of its header, that is all of it.
victim tree
"$LG" run -o a.lgt -- ./tree 2>/dev/null
"$LG" dump --no-events a.lgt >dump
told=$(sed -n 's/^chunks .* file_bytes=\([0-9]*\) .*/\1/p' dump | awk '{ sum += $1 } END { print sum + 16 }')
[ "$told" = "$(stat -c %s a.lgt)" ] || fails "the chunks make $told bytes, the file has $(stat -c %s a.lgt)"
grep -q '^chunks kind=EVENTS count=[1-9]' dump || fails "no events among: $(grep ^chunks dump)"
