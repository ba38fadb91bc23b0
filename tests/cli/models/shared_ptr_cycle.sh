# A company and its employees hold each other by std::shared_ptr: types, fields, counts and the reference to break are
# told; a std::weak_ptr holds nothing, without debug information neither; a lost copy is a lost reference;
# an owner that is not counted is told, words that are left over are not. libstdc++ and libc++, with debug information or not.
# (Debian's libc++-14-dev cannot be had besides libunwind-dev: LIBCXX_FLAGS say where another libc++ is.)
libraries='libstdc++ libc++'
# shellcheck disable=SC2086
echo '#include <memory>' | clang++ -stdlib=libc++ ${LIBCXX_FLAGS-} -x c++ -fsyntax-only - 2>/dev/null || libraries=libstdc++

# build NAME FLAGS...
build()
{
	local compiler=g++
	[ "$library" = libstdc++ ] || compiler="clang++ -stdlib=libc++ ${LIBCXX_FLAGS-}"
	$compiler -std=c++17 "$level" "${@:2}" -o "$1" "$TOP/tests/programs/models/shared-ptr.cc" || fails "it does not compile: $*"
}

# reports STATUS PROGRAM ARGS...: leaves report.json
reports()
{
	exits "$1" "$LG" check --json=report.json -- "${@:2}"
}

says()
{
	[ "$(json report.json "$1")" = "$2" ] || fails "$library $level: $(json report.json "$1"), not $2: $1"
}

edges='.processes[0].leaks[0].cycle | [.edges[] | "\(.from_type) .\(.field)"] | join(", ")'
break='.processes[0].leaks[0].cycle.edges[] | select(.suggested_break) | "\(.from_type) .\(.field) \(.break_with)"'
unsure='[.processes[0].notes[:1][] | select(test("3 blocks .* own or are weak"))] | length'
counts='.processes[0].counts | "\(.exact) \(.surplus) \(.deficit)"'
for build in libstdc++:-O0 libstdc++:-O2 libc++:-O2; do
	library=${build%:*} level=${build#*:}
	[[ " $libraries " == *" $library "* ]] || continue
	build app -g
	reports 23 ./app
	says "$edges" 'make_shared<Company> .staff, std::shared_ptr<Employee>[] .[0], make_shared<Employee> .employer'
	says "$break" 'make_shared<Employee> .employer weak_ptr'
	says "$counts" '4 0 0'
	"$LG" run -o "$library$level.ring.lgt" -- ./app 2>/dev/null
	exits 0 "$LG" why "$library$level.ring.lgt" L1 # of a shared_ptr's two words the owner is told
	[ "$(grep -c 'Employee>, [0-9]* B .*\.employer  cycle$' out)" = 3 ] && ! grep -q borrowed out || fails "$library $level: $(cat out)"
	exits 0 "$LG" graph --json "$library$level.ring.lgt" L1 # and it is one edge of the picture
	[ "$(json out '[.edges[].reference] | unique | join(" ")') $(json out '.edges | length')" = 'start 7' ] ||
		fails "$library $level: $(cat out)"
	reports 23 ./app apart
	says "$break" 'Employee .employer weak_ptr'
	says "$counts" '4 0 0'
	"$LG" run -o "$library$level.lgt" -- ./app expired 2>/dev/null
	exits 0 "$LG" types "$library$level.lgt"
	grep -q ' expired make_shared<Employee>$' out || fails "$library $level: $(cat out)"
	address=$("$LG" export --format=json "$library$level.lgt" | jq -r '.block | select(.type | tostring | test("expired")) | .address')
	exits 0 "$LG" why "$library$level.lgt" "$address"
	grep -q 'Its object is gone: its memory is kept by 1 weak reference alone' out || fails "$library $level: $(cat out)"
	reports 23 ./app lost
	says "$counts" '0 1 0'
	reports 23 ./app lost-weak
	says "$counts" '0 1 0'
	"$LG" run -o "$library$level.weak.lgt" -- ./app lost-weak 2>/dev/null
	exits 0 "$LG" report "$library$level.weak.lgt"
	grep -q 'counts 1, found 0: it counts weak references that are nowhere' out || fails "$library $level: $(cat out)"
	reports 0 ./app over
	says "$counts" '0 0 1'
	says '.processes[0].leaked_references[] | "\(.verdict) \(.type) \(.references) \(.reachable_objects)"' 'deficit make_shared<Employee> 1 1'
	"$LG" run -o "$library$level.over.lgt" -- ./app over 2>/dev/null
	exits 0 "$LG" report --all "$library$level.over.lgt"
	head -n 1 out | grep -q 'no leaks (.*), 1 over-released object$' || fails "$library $level: $(head -n 1 out)"
	grep -q 'deficit  make_shared<Employee>: 1 uncounted reference in 1 object' out || fails "$library $level: $(cat out)"

	strip -o stripped app
	reports 0 ./stripped over # a vector's elements are alive; of the other words nobody knows
	says "$counts" '0 0 1'
	says '.processes[0].leaked_references[] | "\(.verdict) \(.type) \(.references)"' 'deficit make_shared<Employee> 1'
	reports 23 ./stripped
	says "$break" 'make_shared<Employee> .null weak_ptr'
	says "$counts" '4 0 0'
	reports 23 ./stripped lost
	says '.processes[0].leaked_references[] | "\(.type) \(.references)"' 'make_shared<Employee> 1'

	build weak -g -DWEAK
	reports 0 ./weak
	reports 0 ./weak apart
	build registry -g -DREGISTRY
	reports 23 ./registry
	says "$break" 'make_shared<Employee> .employer weak_ptr'
	strip registry # what is weak the counts tell
	reports 23 ./registry
	says "$break" 'make_shared<Employee> .null weak_ptr'
	says "$counts" '4 0 0'
	build single -g -DREGISTRY -DSTAFF=1
	reports 23 ./single
	says "$unsure" 0
	strip single # of one strong and one weak pointer they do not: that is told, by the whole report first of all
	reports 0 ./single
	grep -q '^  single (pid .*): nothing tells .* 3 blocks .* own or are weak' err || fails "$library $level: $(cat err)"
	says "$unsure" 1
done
