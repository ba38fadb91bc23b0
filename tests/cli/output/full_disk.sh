# The disk runs full while recording: the program is not disturbed, what was written stays readable, and no verdict.
mkdir disk
mount -t tmpfs -o size=256k none disk 2>/dev/null || skip 'mounting a small disk is not allowed here'
trap 'umount -l disk' EXIT
program busy 'int main(void) { for (int i = 0; i < 3000000; i++) { void *volatile p = malloc(1 + (unsigned)rand() % 999); if (rand() % 8) free(p); } puts("over"); return 0; }' -O0
exits 0 "$LG" run -o disk/t.lgt -- ./busy
[ "$(cat out)" = over ] || fails "the program was disturbed"
grep -Eqi 'no space|full' err || fails "no word of the full disk: $(cat err)"
exits 125 "$LG" check --json=r.json disk/t.lgt
[ "$(json r.json '.processes[0].totals.allocations > 1000')" = true ] || fails "what was recorded is lost"
rm -r disk/t.lgt*
head -c 1m /dev/zero >disk/fill 2>/dev/null || true
TMPDIR=$PWD/disk refuses 125 'No space left' "$LG" check -- ./busy # full from the beginning: the program is not even started
