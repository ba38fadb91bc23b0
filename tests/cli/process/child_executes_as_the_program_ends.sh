# A child that executes a program just as the recorder looks for children that are left, after the first program's end, is
# found: it has left a note. Here the recorder looks slowly, and what is executed begins slowly.
cat >slow.c <<'C'
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
DIR *opendir(const char *path)
{
	if (!strcmp(path, "/proc"))
		usleep(600000);
	return ((DIR *(*)(const char *))dlsym(RTLD_NEXT, "opendir"))(path);
}
__attribute__((constructor)) static void begin(void)
{
	if (!strcmp(program_invocation_name, "late"))
		usleep(1200000);
}
C
gcc -O1 -shared -fPIC -o slow.so slow.c
program forks '__attribute__((noinline)) static void lose(void) { void *volatile p = calloc(1, 24); (void)p; }
int main(int argc, char **argv) { if (argc > 1) { lose(); return 0; }
	if (fork()) return 0;
	usleep(300000); (void)argv; execl("./late", "late", "x", NULL); return 1; }' -O1
cp forks late
exits 23 env "LD_PRELOAD=$PWD/slow.so" "$LG" check --linger=60 --json=r.json -- ./forks
[ "$(json r.json '[.processes[] | "\(.verdict) \(.summary.direct.blocks)"] | join(", ")')" = 'complete 0, complete 1' ] ||
	fails "$(json r.json '.processes[] | "\(.command) \(.verdict) \(.verdict_reasons)"')"
