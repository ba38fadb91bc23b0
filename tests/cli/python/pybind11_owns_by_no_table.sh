# pybind11 finds its instances by a table, which owns none of them: no lost reference hides behind it, and none is made up of
# what C++ objects own.
[ -x /usr/bin/python3 ] || skip "/usr/bin/python3 is not there"
export PYTHONDONTWRITEBYTECODE=1
# shellcheck disable=SC2046
g++ -O0 -g1 -shared -fPIC -std=c++17 $(/usr/bin/python3-config --includes) -o bound.so "$TOP/tests/programs/python/pybind11.cc" ||
	fails 'it does not compile'
cat >lose.py <<'END'
import bound, os
def lose(things):
    for thing in things: bound.lose(thing)
held = [bound.Thing() for _ in range(8)]
lose(held)
lose([bound.Thing() for _ in range(5)])
keeper = bound.Keeper()
keeper.kept = object()
os._exit(0)
END
exits 0 "$LG" run -q -o lose.lgt -- /usr/bin/python3 -S lose.py
"$LG" report --json lose.lgt >report.json
counts=$(json report.json '[.processes[0].leaked_references[] | "\(.type) \(.objects) \(.references)"] | sort | join(", ")')
[ "$counts" = 'bound.Thing 5 5, bound.Thing 8 8' ] || fails "lost references: $counts"
# With an instance goes what is in it.
summary=$(json report.json '.processes[0].summary | "\(.direct.blocks) \(.indirect.blocks) \(.indirect.bytes)"')
[ "$summary" = '5 5 40' ] || fails "leaks: $summary"
