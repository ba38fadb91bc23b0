# A program in a pid namespace of its own, without the library, that is over before the recorder looks, is listed, although
# nobody knows its pid any more; one that was not executed after all is not. (Who is traced would wait for the stopped recorder.)
unshare -p true 2>/dev/null || skip "no right to make namespaces"
program away '#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
static int over(pid_t child) { int status; return waitpid(child, &status, 0) < 0 ? -1 : WEXITSTATUS(status); }
static int becomes(char *path) { pid_t child = fork();
	if (!child) { execve(path, (char *[]){ path, NULL }, (char *[]){ NULL }); _exit(9); }
	return over(child); }
int main(int argc, char **argv) { pid_t recorder = getppid(); if (unshare(CLONE_NEWPID)) return 1; kill(recorder, SIGSTOP);
	pid_t first = fork(); if (!first) _exit(becomes("away.c") != 9 || becomes(argv[1]));
	int status = over(first); kill(recorder, SIGCONT); return status || argc < 2; }' -D_GNU_SOURCE
exits 0 "$LG" run --no-ptrace -o t.lgt -- ./away /bin/true
exits 125 "$LG" check --json=r.json t.lgt
got=$(json r.json '[.processes[1:][] | "\(.executable) \(.verdict_reasons[0][:12])"] | join(", ")')
[ "$got" = "/bin/true not recorded" ] || fails "$got"
