# A child that outlives the program by more than --linger goes on unharmed, and the answer says that it was left.
victim children
exits 125 "$LG" check --json=r.json -- ./children long-daemon
[ "$(json r.json '.processes[] | select(.ended.how == "running") | .verdict_reasons | index("still running when recording ended") != null')" = true ] ||
	fails "it is not said that the daemon was left"
for _ in $(seq 100); do [ -e daemon-ended ] && break || sleep 0.1; done
[ -e daemon-ended ] || fails 'the daemon did not come to its end'
# so does one that has allocated nothing, and one that ends in time is waited for
program silent 'int main(int argc, char **argv) { (void)argv; if (!fork()) { setsid(); if (fork()) _exit(0); fclose(stdout); fclose(stderr); usleep(argc > 1 ? 3000000 : 300000); free(malloc(24)); _exit(0); } return 0; }'
exits 125 "$LG" check --linger=0.2 --json=r.json -- ./silent x
json r.json '.processes[].verdict_reasons[]' | grep -q 'still running' || fails "a silent daemon is not listed"
exits 0 "$LG" check --linger=60 --json=r.json -- ./silent
[ "$(json r.json '.processes | length')" = 2 ] || fails "a daemon was not waited for"
