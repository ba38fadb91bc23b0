# heap_errors: heap errors fail the gate when they are asked for, and then a double free shows where it was freed first
g++ -std=c++17 -g -O1 -w -I"$TOP/tests/programs" -o victim "$TOP/tests/programs/heap-errors.cc"
exits 0 "$LG" check -- ./victim new-free
exits 23 "$LG" check --verbose --kinds=direct,heap-error --max-leaks=10 --json=report.json -- ./victim new-free
grep -q 'check FAILED: 3 heap errors, 0 leaks' err
grep -q 'E1 .*mismatch .*of 24 B, 3 times' err
grep -q 'freed by free in' err
grep -q 'allocated by operator new(unsigned long) in' err
exits 0 "$LG" check --kinds=heap-error -- ./victim right
# Before and behind a block there is memory, and no block: the allocator aborts. An abort later on proves nothing.
program beside 'int main(int c, char **v) { static char *volatile p; p = malloc(24); p += atoi(v[1]); free(p); if (c > 2) abort(); return 0; }' -w
for at in -16 24 32; do
	exits 134 "$LG" check --kinds=heap-error --json=report.json -- ./beside $at
	[ "$(json report.json '.processes[0].heap_errors[] | .kind')" = free-no-block ] ||
		fails "$at: $(json report.json '.processes[0].heap_errors')"
done
exits 134 "$LG" check --kinds=heap-error --json=report.json -- ./beside 0 abort
[ "$(json report.json '.processes[0].heap_errors | length')" = 0 ] || fails 'a right free before an abort is told'
exits 134 "$LG" check --kinds=heap-error --json=report.json -- ./victim twice
[ "$(jq -r '.processes[0].heap_errors[0] | .first_free_stack[0].function' report.json)" = drop ]
[ "$(jq -c '.processes[0].heap_errors[0] | .first_free_stack[1].line == .stack[1].line' report.json)" = false ]
# Without free stacks the first free is not known, and the report says what to do.
exits 134 "$LG" run -q -o app.lgt -- ./victim twice
exits 0 "$LG" report app.lgt
grep -q 'record with --free-stacks' out
