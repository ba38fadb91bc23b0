# --gen-suppressions: our own reader takes the entries, and they leave out what was shown and nothing else.
code='void *one; __attribute__((noinline)) void lose(int n) { one = malloc(n); one = 0; }
__attribute__((noinline)) void here(void) { lose(10); }
__attribute__((noinline)) void there(void) { lose(20); }
__attribute__((noinline)) void new_one(void) { one = malloc(30); one = 0; }'
mkdir a b c
program a/app "$code int main(void) { here(); return 0; }" -O0
program b/app "$code int main(void) { here(); there(); return 0; }" -O0
program c/app "$code int main(void) { here(); new_one(); return 0; }" -O0
for p in a b c; do "$LG" run -o $p.lgt -- $p/app 2>/dev/null; done

for syntax in lsan valgrind; do
	exits 0 "$LG" report --gen-suppressions=$syntax a.lgt && mv out $syntax.supp
	exits 23 "$LG" check --gen-suppressions=$syntax:of-check.supp a.lgt
	cmp $syntax.supp of-check.supp || fails "report and check write different entries"
	exits 0 "$LG" check --suppressions=$syntax.supp a.lgt
	exits 23 "$LG" check --suppressions=$syntax.supp c.lgt
	grep -q 'LEAKED 30 B in 1 block' err || fails "$syntax: $(cat err)"
done
[ "$(grep -c '^leak:^lose\$$' lsan.supp)" = 1 ] || fails "$(cat lsan.supp)"
exits 0 "$LG" check --suppressions=lsan.supp b.lgt # it can name one function only
exits 23 "$LG" check --suppressions=valgrind.supp b.lgt
grep -q 'LEAKED 20 B in 1 block' err || fails "$(cat err)"

program only 'int main(void) { malloc(10); malloc(10); return 0; }' -O0 -w
exits 23 "$LG" check --gen-suppressions=lsan:main.supp --gen-suppressions=valgrind:main2.supp -- ./only
exits 23 "$LG" check --suppressions=main.supp -- ./only
exits 0 "$LG" check --suppressions=main2.supp -- ./only
[ "$(grep -c '^{' main2.supp)" = 1 ] || fails "equal entries: $(cat main2.supp)"

cat >room.cc <<'END'
#include <memory>
void *volatile sink;
__attribute__((noinline)) void take() { sink = std::allocator<int>().allocate(10); sink = nullptr; }
int main() { take(); }
END
g++ -g -O0 -o room room.cc
exits 23 "$LG" check --gen-suppressions=valgrind:room.supp -- ./room
grep -q 'fun:.*allocat' room.supp || fails "no frame of the allocator's classes: $(cat room.supp)"
exits 0 "$LG" check --suppressions=room.supp -- ./room

refuses 2 'takes lsan or valgrind' "$LG" report --gen-suppressions=gcc a.lgt
refuses 2 'takes lsan:FILE or valgrind:FILE' "$LG" check --gen-suppressions=lsan a.lgt
refuses 2 'takes lsan:FILE or valgrind:FILE' "$LG" check --gen-suppressions=lsan: a.lgt
