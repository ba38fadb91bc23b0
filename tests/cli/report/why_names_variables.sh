# Globals, statics, thread-locals, locals on stacks and in registers are called what the source calls them.
src=$TOP/tests/programs/held-by-names.c

# holders FLAGS: for each block "EXPRESSION: ROOT", as the first line of its path says
holders()
{
	# shellcheck disable=SC2086
	gcc -g $1 -o victim "$src" -pthread
	rm -f names.lgt
	"$LG" run -o names.lgt -- ./victim >truth 2>/dev/null
	while read -r address expression; do
		"$LG" why --json names.lgt "$address" >why.json
		printf '%s: %s\n' "$expression" "$(json why.json '.path[0] | "\(.root) [\(.root_kind)]"')"
	done <truth
}

holders -O0 >out
cat >want <<END
session_registry.head: session_registry.head in victim (held-by-names.c:19) [global]
session_registry.head->next: session_registry.head in victim (held-by-names.c:19) [global]
session_registry.head->next->payload: session_registry.head in victim (held-by-names.c:19) [global]
table[3]: table[3] in victim (held-by-names.c:20) [global]
cache: static cache in lookup(), victim (held-by-names.c:39) [global]
current.request: thread-local current.request of thread 2 [tls]
conn: local \`conn\` in handle(), thread 2 [stack]
conn: local \`conn\` in handle(), thread 1 [stack]
kept: local \`kept\` in keep(), thread 1 [stack]
END
diff want out || fails "names differ from the source's at -O0"

holders -O2 >out
# shellcheck disable=SC2016
for line in 'conn: local `conn` in handle(), thread 2 [' 'conn: local `conn` in handle(), thread 1 [' \
	'kept: local `kept` in keep(), thread 1 ['; do
	grep -qF "$line" out || { cat out && fails "at -O2 there is no $line"; }
done

cat >lib.c <<'END'
#include <stdlib.h>
struct request { long number, more; };
static __thread struct { int n; struct request *request; } per_thread;
void hold(void) { per_thread.n++; per_thread.request = calloc(1, sizeof *per_thread.request); }
END
gcc -g -fPIC -shared -o libhold.so lib.c
program user 'void hold(void); int main(void) { hold(); exit(0); }' -L. -lhold "-Wl,-rpath,$PWD"
"$LG" run -o user.lgt -- ./user 2>/dev/null
address=$("$LG" dump user.lgt | sed -n 's/.*type=ALLOC.* addr=\(0x[0-9a-f]*\) size=16 .*/\1/p')
"$LG" why --json user.lgt "$address" >why.json
[ "$(json why.json '.path[0].root + ", " + .block.type')" = 'thread-local per_thread.request of thread 1, struct request' ] ||
	fails "a library's thread-local variable is not named: $(json why.json '.path[0].root')"
