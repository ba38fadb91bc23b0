# A program asks what it has lost by now, and gets the right counts while it runs; several threads and a signal handler at
# once do too. Where nobody can tell, that is the answer. What it calls its own check is judged rather than its end.
for flags in 'gcc -std=c99 -O1 -D_DEFAULT_SOURCE' 'g++ -x c++ -std=c++11 -O2 -no-pie'; do
	# shellcheck disable=SC2086
	$flags -Wall -Wextra -Werror -g -I"$TOP/include" -o checks "$TOP/tests/programs/checks.c" -pthread || fails "it does not compile: $flags"
	rm -rf t.lgt*
	exits 0 "$LG" run -o t.lgt -- ./checks
	[ "$(paste -sd, out)" = '0 0 0 0,1 1 10 1,3 3 60 1' ] || fails "$flags: $(cat out)"
	exits 0 "$LG" report --json t.lgt
	[ "$(json out '.processes[0] | .verdict, .summary.direct.bytes' | paste -sd,)" = complete,100 ] || fails "$(json out '.processes[0].summary')"
done
unknown='-1 18446744073709551615 18446744073709551615'
./checks >out
[ "$(sort -u out)" = "$unknown -1" ] || fails "without leakgraph: $(cat out)"
exits 0 "$LG" run --no-ptrace -o u.lgt -- ./checks
[ "$(sort -u out)" = "$unknown 0" ] || fails "without ptrace: $(cat out)"
exits 0 "$LG" run -o many.lgt -- ./checks many
[ "$(cat out)" = '1 1 1 1' ] || fails "at once: $(cat out)"
exits 0 "$LG" run -o last.lgt -- ./checks last
exits 0 "$LG" report --json last.lgt
[ "$(json out '.processes[0] | .verdict, .summary.direct.bytes' | paste -sd,)" = complete,60 ] || fails "$(json out '.processes[0] | .verdict_reasons, .summary')"
exits 23 "$LG" check -- ./checks last

# Nobody waits for a recorder that is gone.
program asker '#include "leakgraph/leakgraph.h"
int main(void) { puts("ready"); fflush(stdout); getchar(); printf("%lld\n", LEAKGRAPH_CHECK_NOW(0)); fflush(stdout); getchar(); return 0; }' -I"$TOP/include"
mkfifo input
"$LG" run -o gone.lgt -- ./asker <input >served 2>err &
recorder=$! lines=-1
exec 8>input
for _ in $(seq 500); do [ -s served ] && break || sleep 0.01; done
kill -KILL "$recorder"
wait "$recorder" || :
echo >&8
for _ in $(seq 2000); do [ "$(wc -l <served)" = 2 ] && break || sleep 0.01; done
[ "$(tail -n 1 served)" = -1 ] || fails "after the recorder's death: $(cat served)"
echo >&8
exec 8>&-
