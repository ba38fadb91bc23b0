# A child that outlives the program by more than --linger goes on unharmed, and the answer says that it was left.
victim children
exits 125 "$LG" check --json=r.json -- ./children long-daemon
[ "$(json r.json '.processes[] | select(.ended.how == "running") | .verdict_reasons | index("still running when recording ended") != null')" = true ] ||
	fails "it is not said that the daemon was left"
for _ in $(seq 100); do [ -e daemon-ended ] && break || sleep 0.1; done
[ -e daemon-ended ] || fails 'the daemon did not come to its end'
