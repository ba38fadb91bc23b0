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
grep -qx 'leakgraph: leaks.base: 1 finding known, 60 B' err || fails "what passes is not said: $(cat err)"
exits 23 "$LG" check --baseline=leaks.base new.lgt
grep -A1 'NEW .* direct .* 10 B in 1 block' err | grep -q 'allocated by malloc in lose_a, new.c:.* < main' || fails "$(cat err)"
grep -q 'GROWN' err && fails "lose_b has not grown: $(cat err)"
exits 23 "$LG" check --baseline=leaks.base grown.lgt
grep -A1 'GROWN .* 80 B in 4 blocks' err | grep -q 'in lose_b' || fails "$(cat err)"

refuses 2 'no leak of the traces has a fingerprint that begins with x41c' "$LG" baseline update --only=x41c leaks.base new.lgt
exits 0 "$LG" baseline update --reason='until later' leaks.base new.lgt
grep -q 'direct 1 10 lose_a, app # until later$' leaks.base || fails "$(cat leaks.base)"
exits 0 "$LG" check --baseline=leaks.base new.lgt
exits 0 "$LG" check --baseline=leaks.base old.lgt
exits 23 "$LG" check --baseline=leaks.base --strict-baseline old.lgt
grep -qx 'leakgraph: leaks.base: 1 finding known, 60 B; 1 known finding gone: leakgraph baseline prune takes it off' err || fails "$(cat err)"
exits 0 "$LG" baseline prune leaks.base old.lgt
[ "$(grep -vc '^#' leaks.base)" = 1 ] || fails "$(cat leaks.base)"

# More blocks of no more bytes have grown too; prune takes down what is known to what was seen.
sed 's/direct 3 60/direct 2 60/' leaks.base >blocks.base
exits 23 "$LG" check --baseline=blocks.base old.lgt
sed 's/direct 3 60/direct 9 900/' leaks.base >much.base
exits 0 "$LG" baseline prune much.base old.lgt
cmp -s leaks.base much.base || fails "$(cat much.base)"

# Under another caller the three innermost frames tell what it was; two such are more than the one that was known.
code='void *one; __attribute__((noinline)) void lose(void) { one = malloc(10); one = 0; } void inner(void) { lose(); } void outer(void) { inner(); }
void first(void) { outer(); } void second(void) { outer(); } void third(void) { outer(); } int main(void) {'
# lost NAME CALLS FLAGS...: what NAME.d/app loses by these calls, as NAME.lgt
lost()
{
	program app "$code $2 return 0; }" -O0 "${@:3}"
	mkdir "$1.d" && mv app "$1.d" && exits 0 "$LG" run -o "$1.lgt" -- "$1.d/app"
}
lost first 'first();'
lost second 'second();'
lost both 'second(); third();'
exits 0 "$LG" baseline create loose.base first.lgt
exits 0 "$LG" check --baseline=loose.base --strict-baseline second.lgt
exits 23 "$LG" check --baseline=loose.base both.lgt
[ "$(grep -c GROWN err)" = 2 ] || fails "$(cat err)"

# What has no name at all is like all else without one: only the very same passes.
lost nameless 'first();' -s
exits 0 "$LG" baseline create nameless.base nameless.lgt
grep -q 'nameless.base: 1 known finding; 1 without a function' err || fails "$(cat err)"
exits 0 "$LG" check --baseline=nameless.base nameless.lgt
cp nameless.d/app other && exits 0 "$LG" run -o other.lgt -- ./other
exits 23 "$LG" check --baseline=nameless.base other.lgt

# Merges leave lines in any order; a large file takes no longer for it.
awk 'BEGIN { for (i = 120000; i; i--) printf "%032x %032x direct 1 1 f, m\n", i, i }' >large.base
exits 23 timeout 20 "$LG" check --baseline=large.base new.lgt
{ cat large.base && head -n 1 large.base; } >twice.base
refuses 2 'twice.base: line 120001: the fingerprint 0*1d4c0 is there twice' "$LG" check --baseline=twice.base new.lgt
printf '\n\0' >nul.base
refuses 2 'nul.base: line 2: a baseline is text' "$LG" check --baseline=nul.base new.lgt

refuses 2 'leaks.base is there already' "$LG" baseline create leaks.base old.lgt
echo 'what is this' >>leaks.base
refuses 2 'leaks.base: line 3: it is not FINGERPRINT' "$LG" check --baseline=leaks.base old.lgt
refuses 2 'none.base cannot be read' "$LG" check --baseline=none.base old.lgt
