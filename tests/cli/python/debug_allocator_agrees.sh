# Python's debugging allocator writes before each block of which kind it is: object memory, or other. What the model takes
# for objects is held against that, and the blocks' fences do not keep it from seeing them.
[ -x /usr/bin/python3 ] || skip "/usr/bin/python3 is not there"
export PYTHONDONTWRITEBYTECODE=1

PYTHONMALLOC=malloc_debug exits 0 "$LG" run --contents=full -o debug.lgt -- /usr/bin/python3 -c '
import asyncio, collections, enum, json, os, re, sqlite3, typing, unittest
words = [re.compile(w + "+") for w in "abc"], collections.deque(range(200)), {i: [str(i)] for i in range(2000)}
os._exit(0)'
"$LG" export --format=json debug.lgt | jq -r 'select(.block) | .block | [.address, .type // "-"] | @tsv' >blocks
"$LG" dump --memory --no-events debug.lgt | grep -E '^word .*value=0xfdfdfdfdfdfdfd(6f|6d|72)$' >fences

# kind: o, m, r; its parts are no objects.
awk 'NR == FNR { kind[substr($2, 6, length($2) - 6) "0"] = substr($3, length($3) - 1); next } # eight bytes behind
	{ k = kind[$1]; split($0, column, "\t"); type = column[2]; is_part = type ~ /^((dict|list|set|deque) |syntax tree$)/ }
	k == "6f" { all++; hit += type != "-" }
	(k == "6d" || k == "72") && type != "-" && !is_part { wrong++; print "false:", $0 >"/dev/stderr" }
	END { printf "%d %d %d\n", all, hit, wrong }' fences blocks >counts 2>wrong
read -r all hit wrong <counts
echo "$hit of $all blocks of objects are recognised, $wrong others are called objects"
[ "$all" -gt 30000 ] || fails "only $all blocks of objects"
[ "$wrong" = 0 ] || fails "not objects, but called so: $(head -n 3 wrong | tr '\n' ' ')"
# The documentation of types is object memory, too.
[ $((hit * 100)) -ge $((all * 99)) ] || fails "$((all - hit)) of $all objects are not recognised"
