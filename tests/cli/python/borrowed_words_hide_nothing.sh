# Words of Python's own objects that do not count hide no lost reference: a cache's links to itself, what a view shows, what an
# iterator has not read yet.
config=$(command -v /usr/bin/python3-config) || skip "python3-dev is not installed"
# shellcheck disable=SC2046
gcc -O2 -shared -fPIC $($config --includes) -o leaky.so "$TOP/tests/programs/python/leaky.c" 2>cc.err ||
	skip "python3-dev is not installed"
cat >borrowed.py <<'E'
import functools, leaky, os
def planted():
    caches = [functools.lru_cache(4)(lambda x: x) for _ in range(4)]
    for cache in caches:
        cache('a'), cache('b')
    buffers = [bytearray(b'x' * 100) for _ in range(3)]
    views = [memoryview(buffer) for buffer in buffers]
    leaky.lose(*caches)
    leaky.lose(*buffers)
    return caches, views
kept = planted()
os._exit(0)
E
export PYTHONPATH=$PWD PYTHONDONTWRITEBYTECODE=1
exits 0 "$LG" run -q -o borrowed.lgt -- /usr/bin/python3 -S borrowed.py
"$LG" report --json borrowed.lgt >report.json
counts=$(json report.json '[.processes[0].leaked_references[] | "\(.verdict) \(.type) \(.references)"] | sort | join(", ")')
[ "$counts" = 'surplus bytearray 3, surplus functools._lru_cache_wrapper 4' ] || fails "lost references: $counts"
