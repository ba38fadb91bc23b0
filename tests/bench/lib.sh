# lib.sh: what the drivers of tests/bench share: the tools that are compared, rounds and medians, tables.
#
# A driver sources this with its own name and the names of its knobs. B=DIR is the build folder; ROUNDS=5;
# WITHOUT="heaptrack lsan memcheck" leaves out tools, as if they were not installed; RESULTS=DIR is where each table is
# kept as NAME.tsv, for tests/bench/readme.
# In a table "-" means not measured (the tool is not there, or cannot), "fails" that the program fails under the tool.
# shellcheck shell=bash disable=SC2034 # what the drivers use
set -u
bench=$1
command_line="make bench BENCH=$bench"
for knob in "${@:2}"; do
	case ${!knob-} in
	'') ;;
	*' '*) command_line="$command_line $knob=\"${!knob}\"" ;;
	*) command_line="$command_line $knob=${!knob}" ;;
	esac
done
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
B=${B:-build}
case $B in /*) ;; *) B=$TOP/$B ;; esac
LG=$B/leakgraph
ROUNDS=${ROUNDS:-5}
RESULTS=${RESULTS:-$B/bench/results}
export LC_ALL=C TZ=UTC
unset LEAKGRAPH_SEGMENT LD_PRELOAD DEBUGINFOD_URLS PYTHONMALLOC LSAN_OPTIONS
[ -x "$LG" ] || { echo "$bench: $LG is not there; run make first" >&2 && exit 2; }
mkdir -p "$RESULTS" || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2

# build NAME FLAGS...: a program of tests/bench, as distributions build
build()
{
	gcc -std=gnu17 -D_GNU_SOURCE -Wall -O2 -fomit-frame-pointer -fno-optimize-sibling-calls \
		-o "$work/$1" "$TOP/tests/bench/$1.c" "${@:2}" || exit 2
}

# ---- the tools ---------------------------------------------------------------------------------------------------

lsan=$(gcc -print-file-name=liblsan.so)
full_unwind=fast_unwind_on_malloc=0:malloc_context_size=60 # the default sees two frames where there is no frame pointer

# has TOOL: it is there, and wanted
has()
{
	case " ${WITHOUT-} " in *" ${1%-fast} "*) return 1 ;; esac
	case $1 in
	heaptrack) command -v heaptrack >/dev/null ;;
	memcheck) command -v valgrind >/dev/null ;;
	lsan*) [ -e "$lsan" ] ;;
	esac
}

# under TOOL: sets `prefix`, which put before a command runs it under the tool; what an earlier run left is out of the way.
# Traces go with the driver only: for seconds after a deletion, ext4 takes its time to find an inode for a new file
under()
{
	local lsan_options=exitcode=0:log_path=/dev/null left
	rm -rf "$work"/h.*
	for left in "$work"/t.lgt*; do
		[ ! -e "$left" ] || mv "$left" "$(mktemp -d "$work/left.XXXXXX")"
	done
	case $1 in
	native) prefix=() ;;
	leakgraph) prefix=("$LG" run -q -o "$work/t.lgt" --) ;;
	heaptrack) prefix=(heaptrack --raw -o "$work/h") ;;
	lsan-fast) prefix=(env "LSAN_OPTIONS=$lsan_options" "LD_PRELOAD=$lsan") ;;
	lsan) prefix=(env "LSAN_OPTIONS=$lsan_options:$full_unwind" "LD_PRELOAD=$lsan") ;;
	memcheck) prefix=(valgrind -q --leak-check=full --num-callers=60 --trace-children=yes --log-file=/dev/null) ;;
	esac
}

# ---- numbers -----------------------------------------------------------------------------------------------------

# figure FORMAT EXPRESSION VALUE...: awk's EXPRESSION of a, b, c and d, which are the VALUEs; a word that is no number
# ("-", "fails") stays what it is
figure()
{
	local format=$1 expression=$2 value
	shift 2
	for value; do
		case $value in *[0-9]) ;; *) echo "$value" && return ;; esac
	done
	awk -v a="$1" -v b="${2-}" -v c="${3-}" -v d="${4-}" "BEGIN { printf \"$format\\n\", $expression }" | sed 's/^-\(0[.0]*\)$/\1/'
}

# median_of FILE: of its numbers; "fails" when there is none
median_of()
{
	sort -n "$1" | awk 'NF { v[++n] = $1 } END { print n ? v[int((n + 1) / 2)] : "fails" }'
}

# rounds "TOOL..." FUNCTION ARGUMENT...: ROUNDS times, all tools in turn: FUNCTION TOOL ARGUMENT... prints a number,
# or nothing where the program fails. Leaves median[TOOL]. The tools that a driver names in `once`, which are slow and
# steady, take part in the first round only.
once=memcheck
declare -A median
rounds()
{
	local tools=$1 round tool
	shift
	median=()
	for tool in $tools; do
		median[$tool]=- && rm -f "$work/samples.$tool"
	done
	for ((round = 0; round < ROUNDS; round++)); do
		for tool in $tools; do
			has "$tool" || continue
			[ $round = 0 ] || [[ " $once " != *" $tool "* ]] || continue
			"$1" "$tool" "${@:2}" >>"$work/samples.$tool"
		done
	done
	for tool in $tools; do
		[ ! -e "$work/samples.$tool" ] || median[$tool]=$(median_of "$work/samples.$tool")
	done
}

# ---- tables ------------------------------------------------------------------------------------------------------

# table NAME TITLE COLUMN...: begins a table; `row` adds to the one begun last
table()
{
	local stamp
	stamp="$(date +%F), $(nproc) CPUs, $command_line"
	table_file=$RESULTS/$1.tsv
	printf '\n%s\n%s\n' "$2" "$stamp"
	printf '# %s\n' "$stamp" >"$table_file"
	shift 2
	widths=()
	local column
	for column; do widths+=($((${#column} > 7 ? ${#column} : 7))); done
	widths[0]=24
	row "$@"
}

row()
{
	local i=1 cell IFS=$'\t'
	echo "$*" >>"$table_file"
	printf '%-*s' "${widths[0]}" "$1"
	for cell in "${@:2}"; do
		printf '  %*s' "${widths[i]}" "$cell"
		i=$((i + 1))
	done
	echo
}
