# The example of leakgraph-python(7): a program of Python marks its epochs and has snapshots taken; not recorded it runs
# as ever.
[ -x /usr/bin/python3 ] || skip "/usr/bin/python3 is not there"
export PYTHONDONTWRITEBYTECODE=1
sed -n '/^import ctypes/,/^snapshot()/p' "$TOP/man/leakgraph-python.7" >epochs.py
cat >>epochs.py <<'END'
import os
class Thing: pass
def more(n):
    return [Thing() for _ in range(n)]
things = more(50)
mark(b"fifty")
snapshot()
things += more(30)
os._exit(0)
END
exits 0 /usr/bin/python3 -S epochs.py
exits 0 "$LG" run -q -o t.lgt -- /usr/bin/python3 -S epochs.py
exits 0 "$LG" growth --json t.lgt
[ "$(json out '.processes[0].moments[] | "\(.what) \(.name)"' | paste -sd,)" = \
	'mark loaded,snapshot null,mark fifty,snapshot null,exit null' ] || fails "$(json out '.processes[0].moments[]')"
exits 0 "$LG" diff --json t.lgt@2 t.lgt@4
json out '.places[] | select(.type == "Thing") | "\(.old.live_blocks) \(.new.live_blocks >= 100)"' | grep -qx '0 true' ||
	fails "$(json out '.places[0]')"
exits 0 "$LG" growth --json --since=fifty t.lgt
json out '.processes[0].places[] | select(any(.stack[]; .function == "more")) | .grown_bytes >= 30 * 56' | grep -qx true ||
	fails "$(json out '.processes[0].places[0]')"
