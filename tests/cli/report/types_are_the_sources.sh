# Blocks have the types that the source gives them, by nothing but the code that allocated them: by gcc and clang, with
# optimisation and without. What is known is right; of 51 blocks of the C program, which allocates in all the ways that
# came to mind, at most 3 are not known (one is passed on as void *, one is posix_memalign's), of the C++ one's none.

# compare SOURCE COMPILER LEVEL: leaves ./known, as "ADDRESS TYPE" of all lost blocks, and ./truth, the same by the program
compare()
{
	"$2" "$3" -g -o victim "$TOP/tests/programs/$1"
	rm -f types.lgt
	"$LG" run -o types.lgt -- ./victim >truth.all 2>/dev/null
	"$LG" report --json types.lgt | jq -r '.processes[0].leaks[] | .type as $type | .addresses[] | "\(.) \($type)"' |
		sed 's/ \([*,>]\)/\1/g' >known
	awk 'NR == FNR { lost[$1]; next } $1 in lost' known truth.all | sed 's/ \([*,>]\)/\1/g' | sort >truth
	sort known | grep -v ' null$' >named || :
	comm -13 truth named >wrong
	[ ! -s wrong ] || { join -o 0,1.2,1.3,2.2,2.3 truth wrong && fails "$*: a type is not the source's"; }
	unknown=$(($(wc -l <truth) - $(wc -l <named)))
}

cxx()
{
	[ "$1" = gcc ] && echo g++ || echo clang++
}

compilers=gcc
! command -v clang >/dev/null || compilers="gcc clang"
for compiler in $compilers; do
	for level in -O0 -O2; do
		compare types.c "$compiler" "$level"
		[ "$(wc -l <truth)" -ge 50 ] || fails "$compiler $level: only $(wc -l <truth) blocks are lost"
		[ $unknown -le 3 ] || { comm -23 truth named && fails "$compiler $level: $unknown types are not known"; }
		compare types-cxx.cc "$(cxx "$compiler")" "$level"
		[ $unknown = 0 ] || { comm -23 truth named && fails "$compiler++ $level: $unknown types are not known"; }
	done
done
