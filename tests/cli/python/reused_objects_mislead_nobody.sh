# Python makes lists, tuples and dictionaries of those that were freed before, which leakgraph does not see allocated again:
# a cycle is of the place where its other objects were made, and instances are alike whether their lists are new or not. What
# a function makes before its first line is of the line where it begins.
[ -x /usr/bin/python3 ] || skip "/usr/bin/python3 is not there"
export PYTHONDONTWRITEBYTECODE=1
cat >cycles.py <<'E'
import gc, os
gc.disable()
class Node:
    def __init__(self):
        self.names = [1]
def pairs():
    for i in range(100):
        left, right = Node(), Node()
        left.peer, right.peer = right, left
def closure():
    def inner():
        return inner
def others():
    return [([i], (i,)) for i in range(50)]
others()
pairs()
for i in range(2):
    closure()
os._exit(0)
E
exits 0 "$LG" run -q -o cycles.lgt -- /usr/bin/python3 -S cycles.py
"$LG" report --json cycles.lgt | jq -r '.processes[0].leaks[] | "\(.kind) \(.instances) \(.stack | map(select(.language == "python")) | .[0] | "\(.function) \(.line)")"' >out
[ "$(tr '\n' ';' <out)" = 'cycle 100 pairs 8;cycle 2 closure 10;' ] || fails "leaks: $(tr "\n" ";" <out)"
# A ring says whose place is another's, perhaps.
"$LG" report --json --all cycles.lgt | jq -r '[.processes[0].leaks[].cycle.edges[] | "\(.from_type) \(.from_reused)"] | unique | map(select(startswith("dict values") | not)) | join(", ")' >out
[ "$(cat out)" = 'Node false, cell false, function false, tuple true' ] || fails "reused: $(cat out)"
exits 0 "$LG" report --all cycles.lgt
grep -q 'tuple, 48 B (memory of ' out || fails "the tuple: $(grep tuple out)"
! grep -q 'Node, .*(memory of' out || fails "a Node is its own"

# A list that was lost has the place of its items, and where nothing tells better, it is said that a place is doubtful.
cat >lists.py <<'P'
import ctypes, os
def lose(o):
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(o))
def lists(i):
    lose([i])
def tuples(i):
    lose(tuple([i, i]))
[[], [], [], [], [], [], [], []]
for i in range(5):
    lists(i + 300)
for i in range(5):
    tuples(i + 300)
os._exit(0)
P
exits 0 "$LG" run -q -o lists.lgt -- /usr/bin/python3 -S lists.py
"$LG" report --json lists.lgt | jq -r '.processes[0].leaks[] | "\(.type) \(.instances) \(.reused) \(if .reused then "" else .stack | map(select(.language == "python")) | .[0].line end)"' |
	sort >out
[ "$(tr '\n' ';' <out)" = 'list 5 false 5;tuple 5 true ;' ] || fails "lists: $(tr '\n' ';' <out)"
exits 0 "$LG" report lists.lgt
grep -q 'perhaps made of another that was freed; that was allocated by malloc in' out || fails "it does not say that the tuples' place is doubtful: $(grep allocated out)"
# So does what holds an object: the tuple, what it points at.
edge() { "$LG" report --json --all cycles.lgt | jq -r "[.processes[0].leaks[].cycle | values | .edges[] | select(.from_type == \"tuple\")][0].$1"; }
exits 0 "$LG" why cycles.lgt "$(edge to)"
grep -q '^    0x.*tuple, 48 B (memory of ' out || fails "why: $(cat out)"
exits 0 "$LG" why cycles.lgt "$(edge from)"
grep -q 'perhaps made of another that was freed' out || fails "why of the tuple: $(cat out)"
exits 0 "$LG" why --json cycles.lgt "$(edge from)"
[ "$(json out .block.reused)" = true ] || fails "why --json: $(json out .block)"
