# A thread's first event, in which it gets its ring, is interrupted at one instruction or another by a handler that
# allocates, or that jumps out of it: all that the thread does from then on is recorded.
victim first-events
for how in jump allocate; do
	exits 0 "$LG" check --no-ptrace --error-exitcode=0 --json=r.json -- ./first-events $how
	threads=$(head -n 1 out)
	[ "$threads" -gt 20 ] || fails "$how: only $threads threads"
	got=$(json r.json '.processes[0] | .verdict, .totals.events_lost, .summary.direct.blocks' | paste -sd' ')
	[ "$got" = "complete 0 $threads" ] || fails "$how, $threads threads: $got"
done
