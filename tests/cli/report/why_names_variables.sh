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
		printf '%s: %s\n' "$expression" "$(json why.json '.path[0].root')"
	done <truth
}

holders -O0 >out
cat >want <<END
session_registry.head: session_registry.head in victim (held-by-names.c:19)
session_registry.head->next: session_registry.head in victim (held-by-names.c:19)
session_registry.head->next->payload: session_registry.head in victim (held-by-names.c:19)
table[3]: table[3] in victim (held-by-names.c:20)
cache: static cache in lookup(), victim (held-by-names.c:39)
current.request: thread-local current.request of thread 2
conn: local \`conn\` in handle(), thread 2
conn: local \`conn\` in handle(), thread 1
kept: local \`kept\` in keep(), thread 1
END
diff want out || fails "names differ from the source's at -O0"

holders -O2 >out
for line in 'conn: local `conn` in handle(), thread 2' 'conn: local `conn` in handle(), thread 1' \
	'kept: local `kept` in keep(), thread 1'; do
	grep -qxF "$line" out || { cat out && fails "at -O2 there is no $line"; }
done
