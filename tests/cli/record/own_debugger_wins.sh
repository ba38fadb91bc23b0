# A program that traces processes of its own can do so, and they are recorded and judged all the same.
victim traces-itself
exits 5 ./traces-itself
cp out native
for option in --no-ptrace --on-full=wait; do
	exits 5 "$LG" check $option --json=r.json -- ./traces-itself
	diff native out || fails "$option: it says $(paste -sd' ' out)"
	got=$(json r.json '[.processes[] | "\(.verdict) \(.summary.direct.blocks)"] | join(", ")')
	[ "$got" = 'complete 1, complete 1, complete 1' ] || fails "$option: $got"
done
if command -v gdb >/dev/null; then
	program sleeper 'int main(void) { void *volatile p = malloc(24); (void)p; for (int i = 0; i < 100 && access("go", F_OK); i++) usleep(100000); return 0; }'
	exits 0 "$LG" run -o s.lgt -- sh -c './sleeper & sleep 0.3; gdb -nx -q -batch -p $! -ex "print 6 * 7" 2>&1; touch go; wait'
	grep -q '= 42' out || fails "gdb -p says: $(paste -sd' ' out | cut -c 1-200)"
fi
