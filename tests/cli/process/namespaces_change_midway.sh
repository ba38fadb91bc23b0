# A program that goes into other namespaces while it runs, and what it starts there, are recorded on.
unshare -mp true 2>/dev/null || skip "no right to make namespaces"
program moves '#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
static void lose(size_t n) { void *volatile p = malloc(n); p = NULL; }
static int join(void) { char ready, path[64]; int a[2], b[2]; if (pipe(a) || pipe(b)) return 1; pid_t child = fork();
	if (!child) { unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC); if (write(a[1], "", 1) != 1 || read(b[0], &ready, 1) != 1) _exit(1); _exit(0); }
	if (read(a[0], &ready, 1) != 1) return 1;
	static const char *const kinds[] = { "mnt", "uts", "ipc" };
	for (int i = 0; i < 3; i++) { snprintf(path, sizeof path, "/proc/%d/ns/%s", child, kinds[i]); if (setns(open(path, O_RDONLY), 0)) return 1; }
	return write(b[1], "", 1) != 1 || waitpid(child, NULL, 0) < 0; }
static int move(const char *how) {
	if (!strcmp(how, "pid")) return unshare(CLONE_NEWPID);
	if (!strcmp(how, "proc")) return unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) || umount2("/proc", MNT_DETACH);
	if (!strcmp(how, "user")) return unshare(CLONE_NEWUSER | CLONE_NEWNET);
	return join(); }
int main(int argc, char **argv) { lose(24); if (argc < 2) return 0; if (move(argv[1])) return 1; lose(32);
	pid_t child = fork(); if (!child) { lose(40); if (argc > 2) execl(argv[0], argv[0], NULL); return 0; }
	int status; return waitpid(child, &status, 0) < 0 || status; }' -D_GNU_SOURCE
for how in 'pid exec' 'proc exec' 'setns exec' user; do
	# shellcheck disable=SC2086
	exits 23 "$LG" check --json=r.json -- "$PWD/moves" $how
	got=$(json r.json '[.processes[] | select(.summary.direct.blocks > 0) | "\(.verdict) \(.summary.direct.bytes)"] | join(" ")')
	want='complete 56 complete 40 complete 24'
	[ "$how" != user ] || want='complete 56 complete 40'
	[ "$got" = "$want" ] || fails "$how: $got"
done

# Process 1 of a namespace, and its child that is process 1 of another.
program first '#include <sched.h>
#include <sys/wait.h>
static void lose(size_t n) { void *volatile p = malloc(n); p = NULL; }
int main(void) { for (int depth = 0; depth < 3; depth++) { lose(24 + 8 * depth); if (unshare(CLONE_NEWPID)) return 1;
	pid_t child = fork(); if (child) return waitpid(child, NULL, 0) < 0; } return 0; }' -D_GNU_SOURCE
exits 23 "$LG" check --json=r.json -- ./first
got=$(json r.json '[.processes[] | select(.summary.direct.blocks > 0) | "\(.verdict) \(.summary.direct.bytes)"] | sort | join(" ")')
[ "$got" = 'complete 24 complete 32 complete 40' ] || fails "nested: $got"
