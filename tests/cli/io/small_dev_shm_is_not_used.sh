# The rings need no room in /dev/shm, and a file system where nothing can be written does not matter to the program.
unshare -m true 2>/dev/null || skip "no mount namespaces here"
program lose 'int main(void) { void *volatile p = calloc(1, 24); p = NULL; return p != NULL; }' -O0
unshare -m sh -eu >out 2>err -c 'mount -t tmpfs -o size=4k none /dev/shm 2>/dev/null || exit 77
	mkdir here && mount -t tmpfs none here && cp lose here && mount -o remount,ro here
	"$LG" check --error-exitcode=0 --json=/dev/stdout -- sh -c "cd here && exec ./lose"' && status=0 || status=$?
[ $status != 77 ] || skip "nothing can be mounted here"
[ "$(json out '.processes[-1] | "\(.verdict) \(.summary.direct.blocks)"')" = 'complete 1' ] || fails "$(tail -n 1 err)"
