# Objects of GLib in a stripped program: 31 instances have their types; 3 whose count was raised and forgotten, 5 that
# nobody kept, one that only weak references know and one whose toggle reference was forgotten count references that are
# nowhere; one that is held by a toggle reference does not, nor do GWeakRefs and weak notifies; a pair is a cycle, by field. What a
# property is described by is held.
pkg-config --exists gobject-2.0 2>/dev/null || skip "libglib2.0-dev is not installed"
# shellcheck disable=SC2046
gcc -O1 -g -o app "$TOP/tests/programs/models/gobject.c" $(pkg-config --cflags --libs gobject-2.0) ||
	fails "it does not compile"
strip -o stripped app

says()
{
	[ "$(json "$1" "$2")" = "$3" ] || fails "$1: $(json "$1" "$2"), not $3: $2"
}

# A line that a compiler has made several calls of is one place, where the lines are known.
declare -A lost_nodes=([app]='LabNode 3 3, LabNode 5 0' [stripped]='LabNode 1 0, LabNode 3 3')
for program in app stripped; do
	exits 23 "$LG" check --json=$program.json -o $program.lgt -- ./$program
	grep -q 'G_SLICE=always-malloc' err || fails "it does not say that it sets G_SLICE: $(cat err)"
	says $program.json '.processes[0].counts | "\(.exact) \(.surplus) \(.deficit)"' '21 10 0'
	says $program.json '[.processes[0].leaked_references[] | select(.verdict == "surplus") | "\(.type) \(.objects) \(.reachable_objects)"] |
		sort | unique | join(", ")' "LabLeaf 1 0, LabLeaf 1 1, ${lost_nodes[$program]}"
	"$LG" types --json $program.lgt >out
	says out '[.types[] | select(.model == "gobject") | "\(.type) \(.blocks) \(.lost_blocks)"] | sort | join(", ")' \
		'GData 3 1, GObject 1 0, GParamInt 1 0, LabLeaf 3 1, LabNode 27 7'
	says $program.json '[.processes[0].leaks[] | select(.kind == "possible" and (.stack[].function == "g_param_spec_int"))] | length' 0
done
says app.json '[.processes[0].leaks[] | select(.kind == "cycle") | .cycle.edges[].field] | join(" ")' 'priv.next priv.owner'
# What objects have by g_object_set_data is theirs, and a ring may go through it.
program data '
#include <glib-object.h>
int main(void)
{
	GObject *a = g_object_new(G_TYPE_OBJECT, NULL), *b = g_object_new(G_TYPE_OBJECT, NULL);
	g_object_set_data_full(a, "peer", g_object_ref(b), g_object_unref);
	g_object_set_data_full(b, "back", g_object_ref(a), g_object_unref);
	g_object_unref(a);
	g_object_unref(b);
	a = b = NULL;
	_exit(0);
}' $(pkg-config --cflags --libs gobject-2.0)
exits 23 "$LG" check --json=data.json -- ./data
says data.json '[.processes[0].leaks[] | select(.kind == "cycle") | .cycle.edges[] | "\(.from_type) \(.field)"] | join(", ")' \
	'GObject qdata, GData data[0], GObject qdata, GData data[0]'
