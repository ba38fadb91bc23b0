# lib.sh: what the scripts of tests/cli share. tests/run-cli runs each script by bash -eu, in an empty folder of its
# own; LG is leakgraph, B the build folder. The last line that a failing script prints is the reason.
# shellcheck shell=bash

ulimit -c 0

fails()
{
	echo "$*"
	exit 1
}

skip()
{
	echo "$*"
	exit 77
}

# victim NAME: builds a victim of tests/programs here, as ./NAME
victim()
{
	gcc -std=gnu17 -O1 -g -o "$1" "$TOP/tests/programs/$1.c" -pthread
}

# program NAME CODE FLAGS...: builds a program from one line of C, as ./NAME
program()
{
	local name=$1 code=$2
	shift 2
	printf '%s\n' '#include <stdio.h>' '#include <stdlib.h>' '#include <unistd.h>' "$code" >"$name.c"
	gcc -std=gnu17 -g -o "$name" "$name.c" "$@" || fails "$name.c does not compile"
}

# exits STATUS COMMAND...: runs it with its output in ./out and ./err
exits()
{
	local want=$1 status=0
	shift
	"$@" >out 2>err || status=$?
	[ "$status" = "$want" ] || { cat err && fails "exit status $status, not $want, of: $*"; }
}

# refuses STATUS PATTERN COMMAND...: one clear line, with the cure, nothing on stdout
refuses()
{
	local pattern=$2
	exits "$1" "${@:3}"
	[ ! -s out ] || fails "it writes to standard output: $(head -n 1 out)"
	[ "$(wc -l <err)" = 1 ] || { cat err && fails "$(wc -l <err) lines of error, not one"; }
	grep -q '^leakgraph: ' err || fails "the line does not begin with \"leakgraph: \": $(cat err)"
	grep -Eq "$pattern" err || fails "no \"$pattern\" in: $(cat err)"
}

# no_trace_here: nothing was recorded
no_trace_here()
{
	[ -z "$(find . -name '*.lgt*')" ] || fails "a trace was left: $(find . -name '*.lgt*' | head -n 1)"
}

# all_verified COMMAND...: every stack that it takes is libunwind's, and leads to where the program or a thread begins
all_verified()
{
	LEAKGRAPH_VERIFY_UNWIND=1 exits 0 "$LG" run -- "$@"
	grep -Eq 'stacks checked by libunwind: ([0-9]+), equal \1 \(100.0000 %\), complete \1 ' err ||
		fails "$(grep -A 2 'stacks checked' err | tr '\n' ' ')"
}

# json FILE FILTER: what jq says
json()
{
	jq -r "$2" "$1"
}

# served PROGRAM [OPTIONS OF run]: starts it under run, with its trace in ./t.lgt and its output in ./served; line() then
# gives it one line of input and waits for its answer, $pid is its id, and over() ends its input and awaits the run
served()
{
	mkfifo input
	"$LG" run -o t.lgt "${@:2}" -- "./$1" <input >served 2>err &
	recorder=$! lines=0
	exec 8>input
	line
	# shellcheck disable=SC2034
	pid=$(grep -lE "^PPid:[[:space:]]+$recorder\$" /proc/[0-9]*/status 2>/dev/null | cut -d/ -f3)
}

line()
{
	echo >&8
	lines=$((lines + 1))
	for _ in $(seq 1000); do [ "$(wc -l <served)" = "$lines" ] && return || sleep 0.01; done
	fails "no answer to line $lines"
}

# over STATUS
over()
{
	local status=0
	exec 8>&-
	wait "$recorder" || status=$?
	[ "$status" = "$1" ] || { cat err && fails "exit status $status, not $1"; }
}
