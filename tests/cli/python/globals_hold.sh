# What holds most is told by Python's own names: a module's variable, a local of a running function, a type of C; in the
# report, and alike in pictures and exports.
[ -x /usr/bin/python3 ] || skip "/usr/bin/python3 is not there"
export PYTHONDONTWRITEBYTECODE=1
mkdir package && touch package/__init__.py && echo 'pages = {}' >package/store.py
cat >app.py <<'E'
import os
from package import store
registry = []
def fill():
    for i in range(200):
        registry.append(bytes(1000))
        store.pages[i] = bytes(2000)
def serve():
    local = [bytes(3000) for i in range(100)]
    os._exit(0)
fill()
serve()
E
exits 0 "$LG" run -q -o app.lgt -- /usr/bin/python3 app.py
"$LG" report --json app.lgt >report.json
# retained NAME: blocks that it holds alone, and how many of its main place
retained()
{
	jq -r --arg name "$1" '[.processes[0].roots[] | select(.root | startswith($name)) | [.main_place.blocks, .retained_blocks]] | .[0] | @tsv' report.json
}
read -r main all < <(retained package.store.pages) || fails "no package.store.pages: $(json report.json '[.processes[0].roots[].root] | tostring')"
{ [ "$main" = 200 ] && [ "$all" -ge 201 ]; } || fails "pages: $main of $all"
read -r main all < <(retained __main__.registry) || fails "no __main__.registry"
{ [ "$main" = 200 ] && [ "$all" -ge 201 ]; } || fails "registry: $main of $all"
read -r main all < <(retained "local \`local\` in serve()") || fails "no local"
{ [ "$main" = 100 ] && [ "$all" -ge 101 ]; } || fails "local: $main of $all"
# From 3.12 on the interpreter has what such types hold.
/usr/bin/python3 -c 'import sys; sys.exit(sys.version_info < (3, 12))' ||
	json report.json .processes[0].roots[].root | grep -qx 'the type object' || fails "no type of C"
json report.json .processes[0].roots[].root | grep -q 'that no symbol names' && fails "it names what has a name: $(json report.json .processes[0].roots[].root)"
"$LG" report app.lgt | grep -q '^  package.store.pages retains' || fails "the report does not tell it"
local=$("$LG" export --format=json app.lgt | jq -r '.root // empty | select(.root | startswith("local `local` in serve()")) | .to')
[ -n "$local" ] || fails "no local among the roots of exports"
"$LG" export --format=json app.lgt | jq -r ".block // empty | select(.id == $local) | .address" >address
"$LG" graph app.lgt "$(cat address)" | grep -q 'label="local `local` in serve()' || fails "no local in the picture"
page=$("$LG" export --format=json app.lgt | jq -r '.block // empty | select(.size == 2033) | .address' | sed -n 1p)
"$LG" why --json app.lgt "$page" >why.json
json why.json .path_expression | grep -qx 'package.store.pages\[[0-9]*\]' || fails "a page: $(json why.json .path_expression)"
