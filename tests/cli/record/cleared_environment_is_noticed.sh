# env -i takes the shim from what it starts: that part of the run is not seen, and not called clean.
victim chain
status=0
"$LG" check --json=r.json -- env -i ./chain >out 2>err || status=$?
case $status in 125 | 23) ;; *) fails "exit status $status for a program that nobody saw" ;; esac

# The reason says who has left it out, and how not to.
json r.json '.processes[] | .verdict_reasons[]' | grep -q 'what executed it left .* out of LD_PRELOAD .*append to LD_PRELOAD' ||
	fails "$(json r.json '.processes[].verdict_reasons[]')"
