# Ctrl-C goes to both; the program dies of it, and the report comes.
program waiter 'void plant(void) { void *volatile p = malloc(24); (void)p; } int main(void) { plant(); puts("up"); fflush(stdout); for (;;) pause(); }' -O0
# A background job of a shell ignores SIGINT, and nothing but exec by another language undoes that.
# shellcheck disable=SC2016
setsid perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "$LG" check --json=r.json -- ./waiter >out 2>err &
group=$!
trap 'kill -KILL -- -$group 2>/dev/null || true' EXIT
for _ in $(seq 50); do grep -q up out 2>/dev/null && break || sleep 0.1; done
kill -INT -- -$group
status=0
wait $group || status=$?
[ $status = 130 ] || fails "exit status $status"
[ -s r.json ] || fails "no report"
[ "$(json r.json '.processes[0].summary.direct.blocks')" = 1 ] || fails "the leak is not found"
