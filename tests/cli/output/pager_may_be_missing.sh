# On a terminal a report goes to the pager, and to the terminal itself where there is none, or it cannot be run.
command -v script >/dev/null || skip 'no script(1)'
victim ring-of-2
"$LG" run -q -o t.lgt -- ./ring-of-2

# shown WORDS: what the terminal shows has them
shown()
{
	script -qec "'$LG' report --color=never t.lgt" /dev/null </dev/null >terminal 2>&1 || fails "exit status $?: $(cat terminal)"
	grep -q "$1" terminal || fails "no \"$1\" on the terminal, with PAGER=${PAGER-}: $(cat terminal)"
}
PAGER='sed "s/^/paged: /"' shown 'paged: .*LEAKED'
PAGER=./no-such-pager shown LEAKED
: >no-program && chmod -x no-program
PAGER=./no-program shown LEAKED
mkdir bare
for tool in sh cat; do ln -s "$(command -v $tool)" bare/; done
unset PAGER
script=$(command -v script)
script() { PATH=$PWD/bare "$script" "$@"; }
shown LEAKED
grep -q 'not found' terminal && fails "the missing less is complained about"
exit 0
