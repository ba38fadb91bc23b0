# What bash offers for a line, on which the cursor is at the end.
mkdir bin && : >bin/zz-only-here && chmod +x bin/zz-only-here
PATH=$B:$PWD/bin:$PATH
. "$TOP/scripts/completion.bash"
compopt() { :; }

# offers LINE WORDS: just these, sorted
offers()
{
	local COMP_LINE=$1 COMP_POINT=${#1} got
	_leakgraph
	got=$(printf '%s\n' "${COMPREPLY[@]}" | sort -u | paste -sd' ')
	[ "$got" = "$2" ] || fails "\"$1\" is completed by \"$got\", not \"$2\""
}
set +e
: >app.lgt && mkdir folder && : >folder/other.txt
offers 'leakgraph che' 'check'
offers 'leakgraph --v' '--version'
offers 'leakgraph report --no-p' '--no-pager'
offers 'leakgraph graph --s' '--svg'
offers 'leakgraph report --color=' 'always auto never'
offers 'leakgraph report --color al' 'always'
offers 'leakgraph check --kinds=direct,cy' 'direct,cycle'
offers 'leakgraph check --output=sa' 'sarif='
offers 'leakgraph run --output=' ''
offers 'leakgraph check --gen-suppressions=v' 'valgrind:'
offers 'leakgraph report --gen-suppressions=v' 'valgrind'
offers 'leakgraph export --format=heap' 'heapsnapshot'
offers 'leakgraph baseline pr' 'prune'
offers 'leakgraph why ' 'app.lgt bin/ folder/'
offers 'leakgraph check -- zz-no-such' ''
offers 'leakgraph check -- zz-on' 'zz-only-here'
offers 'leakgraph check -- true --max-' ''
offers "$B/leakgraph run --no-pt" '--no-ptrace'
