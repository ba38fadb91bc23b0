# Lines, folders, addresses, stripping and the kind of executable change no fingerprint; what was hashed is told; a
# baseline of another algorithm is refused.
WORK=$PWD/work B=$B "$TOP/tests/torture/fingerprints" --quick || fails "$(cat work/*.log | tail -n 1) see $PWD"

trace=work/base/app.lgt
print=$("$LG" report --json $trace | jq -r '.processes[0].leaks[] | select(.id == "L1") | .fingerprint')
exits 0 "$LG" why $trace L1
grep -q "$print" out || fails "why does not tell the fingerprint: $(cat out)"
grep -q 'app!main' out || fails "why does not tell what was hashed: $(cat out)"

exits 0 "$LG" baseline create known.base $trace
exits 0 "$LG" check --baseline=known.base work/no-pie/app.lgt
sed -i '1s|leakgraphStack/v2|leakgraphStack/v1|' known.base
refuses 2 'known.base: line 1: its fingerprints are not those of leakgraphStack/v2, .*: leakgraph baseline create' \
	"$LG" check --baseline=known.base $trace
