# --max-leaks and --max-bytes: budgets for all, and of kinds' own; a budget for one kind lets nothing of another pass.
program app 'struct node { struct node *next; void *more; }; struct node *volatile keep;
__attribute__((noinline)) void lose(void) { keep = malloc(sizeof *keep); keep->more = malloc(10); keep->next = 0; keep = 0; }
__attribute__((noinline)) void ring(void) { keep = malloc(sizeof *keep); keep->next = keep; keep->more = 0; keep = 0; }
int main(void) { lose(); lose(); ring(); return 0; }' -O0
"$LG" run -q -o t.lgt -- ./app
for pass in 3 direct=2,cycle=1 direct=2,1 cycle=1,2 direct=9,cycle=9,possible=0; do
	exits 0 "$LG" check --max-leaks=$pass t.lgt
done
for over in 2 direct=2 cycle=1 direct=1,cycle=1 direct=2,cycle=0 direct=2,0; do
	exits 23 "$LG" check --max-leaks=$over t.lgt
done
exits 0 "$LG" check --max-bytes=68 t.lgt
exits 23 "$LG" check --max-bytes=67 t.lgt
exits 23 "$LG" check --max-leaks=direct=2,cycle=1 --max-bytes=67 t.lgt
exits 23 "$LG" check --max-leaks=direct=1 t.lgt
grep -q '1 direct, of others none may pass)' err || fails "$(cat err)"
exits 23 "$LG" check --max-leaks=direct=1,cycle=9 t.lgt
grep -q '; 1 direct, 9 cycle, of others none may pass)' err || fails "$(cat err)"
exits 0 "$LG" check --max-leaks=99 t.lgt
grep -Eq '^leakgraph: check passed: [0-9]+ leaks, .*; 99 leaks may pass' err || fails "a budget lets pass what is not told: $(cat err)"
refuses 2 'max-leaks' "$LG" check --max-leaks=indirect=1 t.lgt
refuses 2 'max-leaks' "$LG" check --max-leaks=direct= t.lgt
refuses 2 'max-leaks' "$LG" check --max-leaks= t.lgt
