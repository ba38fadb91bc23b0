# Two versions of a program: what lives and is lost in one and not in the other; and two moments of one trace.
version()
{
	mkdir "$1" # a program's file name is part of its fingerprints
	program "$1/app" "__attribute__((noinline)) static void *make(int n) { return malloc(n); }
		void *kept, *former;
		__attribute__((noinline)) static void drop(void) { former = make(70); }
		__attribute__((noinline)) static void keep(int n) { kept = make(n); }
		__attribute__((noinline)) static void lose(void) { void *volatile p = make(24); p = NULL; }
		int main(int argc, char **argv) { (void)argv; $2 for (; argc > 9;) { drop(); lose(); } return 0; }" -O1
	"$LG" run -o "$1.lgt" -- "$1/app" 2>/dev/null
}
version old 'drop(); keep(100);'
version new 'for (int i = 0; i < 3; i++) lose(); keep(150);'
exits 0 "$LG" diff --json old.lgt new.lgt
[ "$(json out '.schema, (.places[] | "\(.stack[1].function) \(.change) \(.old.live_bytes) \(.new.live_bytes) \(.new.lost_blocks)")' |
	paste -sd,)" = 'leakgraph.diff.v1,lose new 0 72 3,keep grown 100 150 0,drop gone 70 0 0' ] || fails "$(cat out)"
exits 0 "$LG" diff old.lgt new.lgt
grep -Eq '^  new +\+72 B' out || fails "$(cat out)"
grep -q 'lost 0 B in 0 blocks -> 72 B in 3 blocks' out || fails "$(cat out)"
exits 0 "$LG" diff new.lgt new.lgt
grep -q 'nothing changed' out || fails "$(cat out)"

victim growing
served growing
exits 0 "$LG" snapshot "$pid"
line
over 5
exits 0 "$LG" diff --json t.lgt@1 t.lgt@2
[ "$(json out '.places[] | select(.change != "same") | "\(.stack[0].function) \(.old.live_blocks) \(.new.live_blocks)"')" = \
	'open_session 10 20' ] || fails "$(json out '.places')"
refuses 2 'has no moment 3' "$LG" diff t.lgt@1 t.lgt@3
