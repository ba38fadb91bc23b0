victim chain
for _ in 1 2 3 4; do "$LG" run -- ./chain 2>/dev/null & done
wait
[ "$(find . -name '*.lgt' | wc -l)" = 4 ] || fails "$(find . -name '*.lgt' | wc -l) traces of 4 runs"
