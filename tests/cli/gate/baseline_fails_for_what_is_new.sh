# Known leaks pass, new and grown ones fail and are named; stale ones are told; lines may shift.
code='void *one; __attribute__((noinline)) void lose_a(void) { one = malloc(10); one = 0; }
__attribute__((noinline)) void lose_b(int n) { while (n--) one = malloc(20); one = 0; }'
program old "$code int main(void) { lose_b(3); return 0; }" -O0
program new "$code int main(void) {

 lose_a(); lose_b(3); return 0; }" -O0
program grown "$code int main(void) { lose_b(4); return 0; }" -O0
for p in old new grown; do mkdir $p.d && mv $p $p.d/app && "$LG" run -o $p.lgt -- $p.d/app 2>/dev/null; done

exits 0 "$LG" baseline create leaks.base old.lgt
[ "$(grep -vc '^#' leaks.base)" = 1 ] || fails "$(cat leaks.base)"
grep -Eq '^[0-9a-f]{32} [0-9a-f]{32} direct 3 60 lose_b, app$' leaks.base || fails "$(cat leaks.base)"
exits 0 "$LG" check --baseline=leaks.base old.lgt
exits 23 "$LG" check --baseline=leaks.base new.lgt
grep -A1 'NEW .* direct .* 10 B in 1 block' err | grep -q 'allocated by malloc in lose_a, new.c:.* < main' || fails "$(cat err)"
grep -q 'GROWN' err && fails "lose_b has not grown: $(cat err)"
exits 23 "$LG" check --baseline=leaks.base grown.lgt
grep -A1 'GROWN .* 80 B in 4 blocks' err | grep -q 'in lose_b' || fails "$(cat err)"

exits 0 "$LG" baseline update --reason='until later' leaks.base new.lgt
grep -q 'direct 1 10 lose_a, app # until later$' leaks.base || fails "$(cat leaks.base)"
exits 0 "$LG" check --baseline=leaks.base new.lgt
exits 0 "$LG" check --baseline=leaks.base old.lgt
exits 23 "$LG" check --baseline=leaks.base --strict-baseline old.lgt
grep -q '1 known leaks are gone' err || fails "$(cat err)"
exits 0 "$LG" baseline prune leaks.base old.lgt
[ "$(grep -vc '^#' leaks.base)" = 1 ] || fails "$(cat leaks.base)"

refuses 2 'leaks.base is there already' "$LG" baseline create leaks.base old.lgt
echo 'what is this' >>leaks.base
refuses 2 'leaks.base: line 3: it is not FINGERPRINT' "$LG" check --baseline=leaks.base old.lgt
refuses 2 'none.base cannot be read' "$LG" check --baseline=none.base old.lgt
