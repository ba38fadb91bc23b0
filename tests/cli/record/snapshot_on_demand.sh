# leakgraph snapshot PID: the program goes on as if nothing had been; all its threads were stopped, and each snapshot is
# whole. What nobody records is refused in one line.
victim growing
served growing
exits 0 "$LG" snapshot "$pid"
grep -Eq "^t.lgt: snapshot 1 of process $pid, paused for [0-9.]+ m?s$" out || fails "$(cat out)"
exits 0 "$LG" growth t.lgt # what there is of it can be read at once
grep -q '1  snapshot' out || fails "$(cat out)"
grep -q '^State:.*sleeping' "/proc/$pid/status" || fails "$(grep State "/proc/$pid/status")"
line
kill -STOP "$pid"
exits 0 "$LG" snapshot "$pid"
grep -q '^State:.*stop' "/proc/$pid/status" || fails "it is no longer stopped by SIGSTOP: $(grep State "/proc/$pid/status")"
kill -CONT "$pid"
line
[ "$(cat /proc/"$pid"/task/*/status | grep -c '^State:.*sleeping')" = 3 ] || fails 'not all threads wait again'
refuses 125 "process $$ is not being recorded" "$LG" snapshot $$
refuses 125 "there is no process 4194305" "$LG" snapshot 4194305
refuses 2 'takes the id of one process' "$LG" snapshot growing
over 5
[ "$(tr '\n' ' ' <served)" = '1 2 3 ' ] || fails "its output: $(cat served)"
[ "$("$LG" dump --no-events t.lgt | grep -c '^snapshot .*reason=demand .*whole=yes .*threads_seen=3 threads_stopped=3')" = 2 ] ||
	fails "$("$LG" dump --no-events t.lgt | grep ^snapshot)"
exits 0 "$LG" report --json t.lgt
[ "$(json out '.processes[0] | "\(.verdict) \(.totals.live_blocks)"')" = 'complete 41' ] || fails "$(json out '.processes[0] | .verdict, .totals, .verdict_reasons')"

# One that shows its title where its environment was, as servers do, is found all the same.
program titled 'int main(void) { char line[9]; for (char **v = environ; *v; v++) for (char *c = *v; *c; c++) *c = 0;
	while (fgets(line, 9, stdin)) { puts("1"); fflush(stdout); } return 5; }' -D_GNU_SOURCE
rm input
served titled --output=v.lgt
exits 0 "$LG" snapshot "$pid"
over 5

# Without ptrace it cannot be stopped.
rm input
served growing --no-ptrace --output=u.lgt
refuses 125 'without ptrace' "$LG" snapshot "$pid"
over 5
