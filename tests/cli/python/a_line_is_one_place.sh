# Objects of one type that one line makes are of one place, whatever way the interpreter took: from one version to the next it
# takes others once a line has run a few times. Objects of other types, and those of other lines, are not.
[ -x /usr/bin/python3 ] || skip "/usr/bin/python3 is not there"
export PYTHONDONTWRITEBYTECODE=1
cat >lines.py <<'E'
import functools, gc, os
gc.disable()
class Node:
    pass
class Leaf:
    pass
def make(maker):
    node = maker()
    node.me = node
makers = [Node, functools.partial(Node), Leaf, functools.partial(functools.partial(Node))]
for maker in makers:
    make(maker)
os._exit(0)
E
exits 0 "$LG" run -q -o lines.lgt -- /usr/bin/python3 lines.py
"$LG" report --json lines.lgt >r.json
json r.json '.processes[0].leaks[] | select(any(.stack[]; .function == "make")) | "\(.kind) \(.instances) \(.cycle.edges[0].from_type)"' >out
[ "$(tr '\n' ';' <out)" = 'cycle 3 Node;cycle 1 Leaf;' ] || fails "leaks: $(tr "\n" ";" <out)"
