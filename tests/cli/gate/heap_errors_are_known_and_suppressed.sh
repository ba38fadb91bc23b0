# Heap errors go through suppressions, baselines and budgets as leaks do, and are in every output.
g++ -std=c++17 -g -O1 -w -I"$TOP/tests/programs" -o victim "$TOP/tests/programs/heap-errors.cc"
exits 0 "$LG" run -q --free-stacks -o app.lgt -- ./victim new-free
exits 0 "$LG" run -q --free-stacks -o other.lgt -- ./victim malloc-delete
check=("$LG" check --kinds=heap-error --source-root="$TOP")

# One that is said by its stacks: the program's name for it, its number, how it is told.
exits 23 "${check[@]}" --gen-suppressions=lsan:lsan.supp --gen-suppressions=valgrind:valgrind.supp --output=sarif=o.sarif \
	--output=github=o.github --output=gitlab=o.gitlab --output=junit=o.xml --output=markdown=o.md --output=memcheck=o.log app.lgt
grep -Eq '^  E1 +mismatch +[0-9a-f]{8}  of 24 B, 3 times$' err || fails "$(cat err)"
grep -q '^      freed by free in drop, .* < new_free() < main$' err || fails "$(cat err)"
grep -q '^      allocated by operator new(unsigned long) in new_free' err || fails "$(cat err)"
[ "$(json o.sarif '.runs[0].results[0] | "\(.ruleId) \(.occurrenceCount) \(.codeFlows | length)"')" = 'LG006 3 2' ] || fails "$(cat o.sarif)"
[ "$(json o.sarif '.runs[0] as $run | $run.results[0] | $run.tool.driver.rules[.ruleIndex].id')" = LG006 ] || fails "rules are mixed up"
grep -q '^::error file=tests/programs/heap-errors.cc,line=[0-9]*,title=block of another allocator freed by free in drop%2C 3 times' o.github ||
	fails "$(cat o.github)"
[ "$(json o.gitlab '.[0] | "\(.check_name) \(.severity)"')" = 'mismatch major' ] || fails "$(cat o.gitlab)"
grep -q 'tests="1" failures="1"' o.xml && grep -q 'name="mismatch [0-9a-f]* drop"' o.xml || fails "$(cat o.xml)"
grep -q '^<details><summary>block of another allocator' o.md || fails "$(cat o.md)"
grep -q "== Mismatched free() / delete / delete \[\]" o.log && grep -q "==  The block was alloc'd" o.log || fails "$(cat o.log)"

# Entries leave out what they were made of, in both syntaxes, and nothing else.
grep -qx '# leakgraph: heap-error:^drop\$' lsan.supp || fails "$(cat lsan.supp)"
grep -q '^   Memcheck:Free$' valgrind.supp || fails "$(cat valgrind.supp)"
for syntax in lsan valgrind; do
	exits 0 "${check[@]}" --suppressions=$syntax.supp --json=o.json app.lgt
	grep -q 'suppressed 3 wrong frees by ' err || fails "$(cat err)"
	[ "$(json o.json '.processes[0] | "\(.heap_errors | length) \(.suppressed_heap_errors[0].instances)"')" = '0 3' ] || fails "$(cat o.json)"
done
exits 23 "${check[@]}" --suppressions=valgrind.supp other.lgt
exits 0 "$LG" run -q -o copy.lgt -- ./victim strdup-delete
echo '# leakgraph: heap-error:strdup' >block.supp # who allocated it, and did not free it
exits 0 "${check[@]}" --suppressions=block.supp copy.lgt
echo 'leak:drop' >leak.supp
exits 23 "${check[@]}" --suppressions=leak.supp app.lgt
echo '# leakgraph: heap-error:' >bad.supp
refuses 2 'bad.supp: line 1: heap-error: without a pattern' "${check[@]}" --suppressions=bad.supp app.lgt

# Known ones pass, as often as they are known; another kind of the same place is new.
exits 0 "$LG" baseline create known.base app.lgt
grep -Eq '^[0-9a-f]{32} [0-9a-f]{32} mismatch 3 0 drop, victim$' known.base || fails "$(cat known.base)"
exits 0 "${check[@]}" --strict-baseline --baseline=known.base --output=junit=o.xml app.lgt
grep -q 'failures="0"' o.xml || fails "$(cat o.xml)"
sed -i 's/mismatch 3 0/mismatch 2 0/' known.base
exits 23 "${check[@]}" --baseline=known.base app.lgt
grep -q '^  GROWN  E1 ' err || fails "$(cat err)"
exits 23 "${check[@]}" --baseline=known.base other.lgt
grep -q '^  NEW    E1 ' err || fails "$(cat err)"

# A limit of their own; none of the leaks' is theirs.
exits 0 "${check[@]}" --max-leaks=heap-error=3 app.lgt
exits 23 "${check[@]}" --max-leaks=heap-error=2 app.lgt
exits 23 "${check[@]}" --max-leaks=100 app.lgt
