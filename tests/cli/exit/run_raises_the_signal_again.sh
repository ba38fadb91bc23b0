victim endings
for pair in term:15 kill:9 abort:6 segv:11; do
	perl -e 'system(@ARGV); exit(($? & 127) == '${pair#*:}' ? 0 : 1)' "$LG" run -- ./endings ${pair%:*} 2>/dev/null ||
		fails "after ${pair%:*} the caller does not see signal ${pair#*:}"
done
