# A program of the tree that the shim does not get into is listed with the reason, and no check of the tree passes.
victim children
listed()
{
	exits 125 "$LG" check --json=r.json -- "${@:2}"
	[ "$(json r.json '[.processes[] | select(.verdict_reasons[0] // "" | startswith("not recorded: "))] | length')" = 1 ] ||
		fails "not listed: ${*:2}"
	json r.json '.processes[].verdict_reasons[]' | grep -Eq "$1" || fails "no \"$1\" for: ${*:2}"
	[ "$(json r.json '[.processes[] | select(.verdict == "degraded")][0] | .executable != "" and .command != []')" = true ] ||
		fails "it has no name: ${*:2}"
}
for way in exec-cleared spawn-cleared system-cleared; do listed 'LD_PRELOAD' ./children $way; done
listed 'LD_PRELOAD' sh -c 'env -i ./children leaf; :'
listed 'LD_PRELOAD' env -u LD_PRELOAD ./children leaf
gcc -std=gnu17 -pthread -O1 -static -o still "$TOP/tests/programs/children.c" 2>/dev/null
listed 'statically linked' sh -c '"$PWD/still" leaf; :'
# one that is over before anybody could look, too
cat >over.c <<'C'
void _start(void)
{
	__asm__ volatile("syscall" : : "a"(60), "D"(0));
}
C
gcc -std=gnu17 -O1 -static -nostdlib -o over over.c
listed 'statically linked' sh -c './over; :'
# the first alone is judged when that is asked for
exits 0 "$LG" check --no-children -- sh -c './still leaf; :'
exits 0 "$LG" check --only-exe=*sh -- sh -c './still leaf; :'
# what was asked to begin and did not is no program
exits 0 "$LG" check --json=r.json -- sh -c 'no-such-program; ./no-such-program; /no/such/program; true' 
[ "$(json r.json '.processes | length')" = 1 ] || fails 'a program that did not begin is listed'
