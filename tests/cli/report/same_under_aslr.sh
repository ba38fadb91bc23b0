# Two runs of a program differ in pid, addresses and times, and in nothing else. Threads make it harder.
for name in tree shared-child ring-with-tail short-threads every-entry held-inside; do
	victim $name
	for run in 1 2; do
		"$LG" check --error-exitcode=0 --json=$run.json -- ./$name >/dev/null 2>$run.txt
		jq 'walk(if type == "object" then del(.pid, .parent_pid, .addresses, .address, .from, .to, .duration_ns, .recorder_cpu_ns, .trace) else . end)' \
			$run.json >$run.stable
	done
	diff 1.stable 2.stable || fails "$name: two runs, two reports"
done
