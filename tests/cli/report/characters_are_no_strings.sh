# A block that a function allocates which returns nothing, or a reference, is not what the code around the call is about:
# characters of strings that happen to have a string's size are never called strings.
for compiler in g++ clang++; do
	command -v $compiler >/dev/null || continue
	for level in -O0 -O1 -O2; do
		$compiler -std=c++17 -g $level -o strings "$TOP/tests/programs/strings.cc"
		rm -f strings.lgt
		exits 0 "$LG" run -q -o strings.lgt -- ./strings
		"$LG" report --json strings.lgt >report.json
		[ "$(json report.json '[.processes[0].leaks[] | select(.sizes == [32]) | .blocks] | add')" = 13 ] ||
			fails "$compiler $level: $(json report.json '[.processes[0].leaks[] | {type, blocks, sizes}] | tostring')"
		json report.json '.processes[0].leaks[] | select(.type != null and .type != "char[]") | "\(.type) \(.stack | tostring)"' >wrong
		[ ! -s wrong ] || fails "$compiler $level: $(wc -l <wrong) types are wrong: $(head -n 1 wrong)"
	done
done
