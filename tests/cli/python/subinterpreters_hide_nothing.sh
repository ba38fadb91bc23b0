# What a thread of a subinterpreter has left behind on its stack of frames holds no more than it does in the program's own.
/usr/bin/python3 -c 'import _xxsubinterpreters' 2>/dev/null || skip "/usr/bin/python3 has no _xxsubinterpreters"
export PYTHONDONTWRITEBYTECODE=1
cat >sub.py <<'E'
import _xxsubinterpreters, os, threading
code = '''
import ctypes, os, time
class Node: pass
def lose(n):
    node = Node()
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(node))
    return lose(n - 1) if n else 0
lose(29)
os.write(%d, b"lost")
time.sleep(1000)
'''
ready, tell = os.pipe()
sub = _xxsubinterpreters.create()
threading.Thread(target=lambda: _xxsubinterpreters.run_string(sub, code % tell), daemon=True).start()
os._exit(os.read(ready, 4) != b"lost")
E
timeout 20 /usr/bin/python3 sub.py 2>/dev/null || skip "subinterpreters have no ctypes here"
exits 0 "$LG" run -q -o sub.lgt -- /usr/bin/python3 sub.py
"$LG" report --json sub.lgt >report.json
lost=$(json report.json '[.processes[0].leaked_references[] | select(.type == "Node" and .verdict == "surplus") | .objects] | add // 0')
{ [ "$lost" -ge 28 ] && [ "$lost" -le 30 ]; } || fails "$lost nodes were lost, not 30: $(json report.json '.processes[0].counts | tostring')"
