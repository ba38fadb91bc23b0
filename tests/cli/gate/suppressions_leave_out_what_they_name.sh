# LeakSanitizer's and Valgrind's files; any member of a leak's stacks; bounds, expiry, use counts, complaints.
program app 'void *one; __attribute__((noinline)) void lose_a(void) { one = malloc(10); one = 0; }
__attribute__((noinline)) void lose_b(void) { for (int i = 0; i < 3; i++) one = malloc(20); one = 0; }
int main(void) { lose_a(); lose_b(); return 0; }' -O0
"$LG" run -o t.lgt -- ./app 2>/dev/null
judged() { exits "$1" "$LG" check "${@:2}" t.lgt; }
left() { "$LG" report --json "$@" t.lgt | jq -r '.processes[0] | "\(.summary.direct.blocks) \(.summary.suppressed.blocks) \(.suppressed | length)"'; }

judged 23
[ "$(left)" = '4 0 0' ] || fails "without a file: $(left)"

echo 'leak:lose_a' >a.supp
judged 23 --suppressions=a.supp
[ "$(left --suppressions=a.supp)" = '3 1 1' ] || fails "one pattern: $(left --suppressions=a.supp)"
grep -q 'suppressed 10 B in 1 block by lose_a (a.supp:1)' err || fails "$(cat err)"

cat >b.supp <<'END'
# both
{
   the second
   Memcheck:Leak
   match-leak-kinds: definite
   fun:malloc
   fun:lose_?
   fun:main
}
{
   not ours
   Memcheck:Cond
   fun:foo
}
{
   unused one
   Memcheck:Leak
   ...
   obj:*/libnothing.so*
}
END
judged 0 --suppressions=b.supp
grep -q 'unused suppression unused one (b.supp:15)' err || fails "$(cat err)"
judged 0 --suppressions=a.supp --suppressions=b.supp
"$LG" report --json --suppressions=b.supp t.lgt >out
[ "$(json out '.processes[0].suppressed[0].suppressed_by')" = 'b.supp:2: the second' ] || fails "$(json out '.processes[0].suppressed[0].suppressed_by')"
[ "$(json out '.suppressions[] | select(.leaks > 0) | "\(.name) \(.leaks) \(.bytes)"')" = 'the second 4 70' ] || fails "$(json out .suppressions)"

printf '%s\n' '# leakgraph: max-blocks=2' 'leak:lose' >c.supp # the three blocks of lose_b are too many
judged 23 --suppressions=c.supp
grep -q 'over its bound: lose (c.supp:2)' err || fails "$(cat err)"
for most in 59 60; do
	printf '%s\n' "# leakgraph: max-bytes=$most" 'leak:lose_b' >bytes.supp
	judged 23 --suppressions=bytes.supp
	grep -c 'over its bound' err >over.$most || true
done
[ "$(cat over.59 over.60 | paste -sd' ')" = '1 0' ] || fails "60 bytes of at most 59, 60: $(paste -sd' ' over.59 over.60)"
for line in 4 5; do
	printf '%s\n' '{' 'by its line' 'Memcheck:Leak' 'fun:malloc' "src:app.c:$line" '}' >line.supp
	left --suppressions=line.supp
done >lines
[ "$(paste -sd, lines)" = '3 1 1,1 3 1' ] || fails "by a line: $(cat lines)"
printf '%s\n' '# leakgraph: expires=2020-02-29' 'leak:lose' >d.supp
judged 23 --suppressions=d.supp
grep -q 'expired suppression lose (d.supp:2)' err || fails "$(cat err)"
printf '%s\n' '# leakgraph: expires=2999-12-31' 'leak:^lose_*$' >e.supp
judged 0 --suppressions=e.supp

printf '\xef\xbb\xbfleak:lose\r\n' >f.supp # as editors of other systems write it
judged 0 --suppressions=f.supp
printf 'leak:%05000d\n' 0 >g.supp
judged 23 --suppressions=g.supp
[ "$(wc -L <err)" -le 140 ] || fails "a line of $(wc -L <err) columns"

bad() { printf "$1" >bad.supp && refuses 2 "bad.supp: line $2: $3" "$LG" check --suppressions=bad.supp t.lgt; }
bad 'leak:a\nwhat is this\n' 2 'neither'
bad '{\nname\nMemcheck:Leak\nfun:a\n' 5 'the file ends inside'
bad '{\nname\nMemcheck:Leak\nfrob:a\n}\n' 4 'a frame is'
bad '{\nname\nMemcheck:Leak\n}\n' 4 'an entry without a frame'
bad 'leak:\n' 1 'leak: without a pattern'
bad 'race:a\nleek:a\n' 2 'neither' # the first is ThreadSanitizer's
bad 'leak:a\n\0' 2 'a suppression file is text'
bad '# leakgraph: expires=2027-13-01\nleak:a\n' 1 'a comment for leakgraph takes'
bad '# leakgraph: expires=soon\nleak:a\n' 1 'a comment for leakgraph takes max-blocks'
refuses 2 'no.supp cannot be read' "$LG" report --suppressions=no.supp t.lgt

program ring 'struct node { struct node *next; } *volatile a;
__attribute__((noinline)) struct node *make_a(void) { return malloc(24); }
__attribute__((noinline)) struct node *make_b(void) { return malloc(40); }
int main(void) { a = make_a(); a->next = make_b(); a->next->next = a; a = 0; return 0; }' -O0
"$LG" run -o ring.lgt -- ./ring 2>/dev/null
for member in make_a make_b; do
	echo "leak:$member" >ring.supp
	exits 0 "$LG" check --suppressions=ring.supp ring.lgt
done

program held 'void *a, *b; __attribute__((noinline)) void take_a(void) { a = malloc(10); }
__attribute__((noinline)) void take_b(void) { b = malloc(20); }
int main(void) { take_a(); take_b(); return 0; }' -O0
"$LG" run -o held.lgt -- ./held 2>/dev/null
echo 'leak:take_a' >f.supp
"$LG" report --all --show=reachable --suppressions=f.supp held.lgt >out
grep -q take_b out || fails "the other place is not told: $(cat out)"
! grep -q 'more place' out || fails "what is suppressed is told as left out: $(cat out)"
