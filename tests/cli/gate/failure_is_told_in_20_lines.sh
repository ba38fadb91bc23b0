# What fails is told in at most 20 lines: what, where, why, how to accept it; all of it with --verbose; one line when clean.
program app 'struct node { struct node *next; }; struct node *keep;
#define LOSE(n) __attribute__((noinline)) void lose_##n(void) { keep = malloc(n); keep = 0; }
LOSE(10) LOSE(20) LOSE(30) LOSE(40) LOSE(50) LOSE(60) LOSE(70)
__attribute__((noinline)) void ring(void) { struct node *a = calloc(1, 400), *b = calloc(1, 400); a->next = b; b->next = a; }
int main(void) { lose_10(); lose_20(); lose_30(); lose_40(); lose_50(); lose_60(); lose_70(); ring(); return 0; }' -O0
printf 'leak:unused_%s\n' 1 2 3 4 5 >some.supp
exits 23 "$LG" check --suppressions=some.supp -- ./app
[ "$(wc -l <err)" -le 20 ] || fails "$(wc -l <err) lines: $(cat err)"
for want in 'LEAKED 1,080 B in 9 blocks' 'L1  cycle .*800 B in 2 blocks: struct node' 'allocated by calloc in ring, app.c:[0-9]* < main' \
	'lost: 2 blocks that only hold each other; break it at .*next of struct node' \
	'and [0-9]* more places' 'unused suppression unused_1' 'and 3 more suppressions' 'to accept them: ' '^leakgraph: check FAILED: 8 leaks'; do
	grep -Eq "$want" err || fails "no \"$want\" in: $(cat err)"
done
exits 23 "$LG" check --verbose -- ./app
[ "$(grep -c 'allocated by' err)" = 8 ] || fails "--verbose does not tell all: $(cat err)"
# Places without names have one fingerprint, and are told each.
strip app
exits 23 "$LG" check -- ./app
[ "$(grep -c 'allocated by' err)" = 4 ] || fails "not four of eight: $(cat err)"
grep -q 'and 4 more places' err || fails "$(cat err)"
victim no-leak
exits 0 "$LG" check -- sh -c './no-leak; ./no-leak 2>&1'
[ "$(grep -c leakgraph err)" = 1 ] || fails "a clean run takes more than a line: $(cat err)"
