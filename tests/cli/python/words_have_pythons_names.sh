# What exceptions, frames and generators hold goes by the names that Python's source has for it.
[ -x /usr/bin/python3 ] || skip "/usr/bin/python3 is not there"
export PYTHONDONTWRITEBYTECODE=1
cat >words.py <<'END'
import gc, os
gc.disable()
def caught():
    try:
        raise ValueError(7)
    except ValueError as error:
        kept = error
def waits():
    def generator():
        itself = yield
        yield itself
    g = generator()
    next(g)
    g.send(g)
caught()
waits()
os._exit(0)
END
exits 0 "$LG" run -q -o words.lgt -- /usr/bin/python3 -S words.py
"$LG" report --json words.lgt | jq -r '.processes[0].leaks[].cycle.edges[] | "\(.from_type) \(.field)"' | sort | tr '\n' ';' >out
want="ValueError __traceback__;frame f_locals['kept'];generator gi_frame.f_locals['itself'];traceback tb_frame;"
[ "$(cat out)" = "$want" ] || fails "words: $(cat out)"
# So do words of the interpreter's state.
"$LG" export --format=json words.lgt 2>err | jq -r '.root.root | values' | grep -qx "Python's free lists" || fails 'nothing is held by free lists'
# And what is no member of a type: the words of a proxy, of a generator.
cat >proxy.py <<'END'
import os, weakref
class Thing: pass
thing = Thing()
proxy = weakref.proxy(thing, lambda p: None)
def waits():
    yield
generator = waits()
next(generator)
print(hex(id(proxy)), hex(id(generator)), flush=True)
os._exit(0)
END
exits 0 "$LG" run -q -o proxy.lgt -- /usr/bin/python3 -S proxy.py
read -r proxy generator <out
"$LG" why --json --all proxy.lgt "$proxy" | jq -r '.referents[].field' >out
"$LG" why --json --all proxy.lgt "$generator" | jq -r '.referents[].field' >>out
for name in referent __callback__ __name__ __qualname__ gi_frame.f_code gi_frame.f_globals gi_frame.f_builtins; do
	grep -qxF "$name" out || fails "no word is called $name: $(paste -sd, out)"
done
# So do those of iterators, views and the like; of other blocks' words none is told by its place alone.
cat >iterators.py <<'E'
import collections, functools, itertools, os
class Thing: pass
def cached(x): return Thing()
cache = functools.lru_cache(cached)
cache('a')
tee = itertools.tee(iter([Thing()]))[0]
held = [[Thing()].append, map(cached, [Thing()]), zip([Thing()]), filter(cached, [Thing()]), enumerate([Thing()]), iter([Thing()]),
	iter((Thing(),)), iter({1: Thing()}.values()), iter({Thing()}), {1: Thing()}.items(), itertools.chain([Thing()]),
	itertools.repeat(Thing()), itertools.cycle([Thing()]), itertools.islice([Thing()], 1), memoryview(bytearray(b'x')), tee, cache, Thing,
	iter(cached, Thing()), reversed([Thing()]), type(Thing.__dict__)({}), {1, 'a'}]
print(hex(id(held)), flush=True)
os._exit(0)
E
exits 0 "$LG" run -q -o iterators.lgt -- /usr/bin/python3 -S iterators.py
"$LG" export --format=json iterators.lgt 2>err >all.json
jq -s -r '(map(.block | values) | INDEX(.id)) as $blocks | [.[].reference | values | . + { type: $blocks[.from | tostring].type }
	| select(.reference == "start" or .reference == "recognised")
	| select([.type] | inside(["builtin_function_or_method", "map", "zip", "filter", "enumerate", "list_iterator", "tuple_iterator",
		"dict_valueiterator", "set_iterator", "dict_items", "itertools.chain", "itertools.repeat", "itertools.cycle",
		"itertools.islice", "memoryview", "itertools._tee", "functools._lru_cache_wrapper", "callable_iterator", "list_reverseiterator",
		"mappingproxy", "set", "cell"])) | "\(.type) \(.field)"] | unique[]' all.json >out
! grep -q ' null$' out || fails "no names for: $(grep ' null$' out | paste -sd,)"
for word in 'builtin_function_or_method __self__' 'map iters' 'zip ittuple' 'list_iterator it_seq' 'functools._lru_cache_wrapper cache' 'set entry 0' 'dict_items mapping'; do
	grep -qxF "$word" out || fails "no $word: $(paste -sd, out)"
done
