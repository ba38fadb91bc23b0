exits 0 "$LG" --help
[ ! -s err ] && grep -q check out || fails "leakgraph --help"
exits 0 "$LG" --version
grep -Eq '^leakgraph [0-9]+\.[0-9]+' out || fails "leakgraph --version says $(cat out)"
for command in run report check why dump doctor; do
	exits 0 "$LG" $command --help
	[ ! -s err ] && grep -qi usage out || fails "leakgraph $command --help"
done
