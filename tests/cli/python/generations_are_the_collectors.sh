# An object is in the generation that gc.get_objects(generation) has it in; what gc.freeze() has put aside is in none of those.
[ -x /usr/bin/python3 ] || skip "/usr/bin/python3 is not there"
cat >ages.py <<'END'
import gc, os
class Node:
    pass
gc.disable()
frozen = Node()
gc.freeze()
nodes = [Node()]
gc.collect()
nodes.append(Node())
gc.collect(0)
nodes.append(Node())
for generation in range(3):
    for node in gc.get_objects(generation):
        if type(node) is Node:
            print(generation, id(node))
print("permanent", id(frozen), flush=True)
os._exit(0)
END
exits 0 "$LG" run -o ages.lgt -- /usr/bin/python3 ages.py
[ "$(cut -d ' ' -f 1 out | tr '\n' ' ')" = '0 1 2 permanent ' ] || fails "it says $(tr '\n' ' ' <out)"
while read -r generation address; do
	[ "$("$LG" why --json ages.lgt "$(printf '0x%x' "$address")" | jq -r .generation)" = "$generation" ] ||
		fails "not in generation $generation: $("$LG" why ages.lgt "$(printf '0x%x' "$address")" | grep generation)"
done <out
