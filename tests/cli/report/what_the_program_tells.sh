# A program tells of its memory, by the client header and by the names of LeakSanitizer's interface: what it says shows in
# the report. In C and C++, position independent or not, from a library that is loaded later; without leakgraph, and with
# the header disabled, it runs as ever.
lost_of()
{
	exits 0 "$LG" report --json "$1"
	json out '.processes[0] | .verdict, (.leaks[] | "\(.kind) \(.blocks) \(.type) \(.sizes[0])")' | sort | uniq -c | sed 's/^ *//' | paste -sd,
}

build()
{
	"${@:2}" -D_DEFAULT_SOURCE -Wall -Wextra -Werror -I"$TOP/include" -I"$TOP/tests/programs" -g -o "$1" \
		"$TOP/tests/programs/tells.c" || fails "it does not compile by ${*:2}"
}

told='1 complete,1 cycle 2 struct page 64,1 direct 1 invoice 17,1 direct 1 null 1008,1 direct 1 null 11,1 direct 1 null 15,3 direct 1 void *[] 80'
for flags in 'gcc -std=c99 -pedantic -O1' 'gcc -std=gnu17 -O2 -no-pie' 'g++ -std=c++11 -x c++' 'g++ -O2 -no-pie -x c++'; do
	# shellcheck disable=SC2086
	build tells $flags
	./tells || fails 'it fails without leakgraph'
	rm -rf t.lgt*
	exits 0 "$LG" run -o t.lgt -- ./tells
	found=$(lost_of t.lgt)
	[ "$found" = "$told" ] || fails "$flags: $found"
done
json out '.processes[0].summary.reachable.blocks' | grep -qx 9 || fails "$(json out '.processes[0].summary')"
"$LG" dump --no-events t.lgt >dumped
[ "$(grep -c '^told ' dumped)" = 20 ] || fails "$(grep '^told ' dumped)"
kept=$(grep '^told .*what=ignore' dumped | head -n 1 | grep -o 'addr=0x[0-9a-f]*' | cut -d= -f2)
exits 0 "$LG" why --json t.lgt "$kept"
[ "$(json out '.path[0].root')" = 'the program, which wants it ignored' ] || fails "$(json out .path)"

# By a library that is loaded later, and in a program that says that it wants none of it.
build tells.so gcc -std=gnu17 -O1 -shared -fPIC -Dmain=tells
program loader '#include <dlfcn.h>
int main(void) { int (*f)(void) = (int (*)(void))dlsym(dlopen("./tells.so", RTLD_NOW), "tells"); return f ? f() : 9; }'
exits 0 "$LG" run -o loaded.lgt -- ./loader
[ "$(lost_of loaded.lgt)" = "$(lost_of t.lgt)" ] || fails "$(lost_of loaded.lgt)"
build disabled gcc -std=gnu17 -O1 -DLEAKGRAPH_DISABLE
exits 0 "$LG" run -o disabled.lgt -- ./disabled
[ "$("$LG" dump disabled.lgt | grep -c '^told.*what=type')" = 0 ] || fails 'the disabled header tells'

# The program's own definitions, and a sanitizer's runtime, are left alone.
program own 'void __lsan_disable(void) { puts("mine"); }
int main(void) { __lsan_disable(); return 0; }' -rdynamic
exits 0 "$LG" run -o own.lgt -- ./own
[ "$(cat out)" = mine ] || fails "$(cat out)"
echo 'void __lsan_disable(void) { } void __lsan_enable(void) { } int is_other(void) { return 5; }' >other.c
gcc -shared -fPIC -o libother.so other.c
program beside 'void __lsan_disable(void) __attribute__((weak)); void __lsan_enable(void) __attribute__((weak)); int is_other(void);
int main(void) { __lsan_disable(); void *volatile p = malloc(10); p = 0; __lsan_enable(); return is_other() - 5; }' -L. -lother -Wl,-rpath,"$PWD"
exits 0 "$LG" run -o beside.lgt -- ./beside
[ "$("$LG" dump beside.lgt | grep -c '^told')" = 0 ] || fails 'it took the name of another'
