# unloadable_children_run: a child that the shim cannot be loaded into runs as it does without leakgraph, its loader says
# nothing, and other preloads stay
cat >hi.c <<'C'
#include <stdio.h>
#include <stdlib.h>
int main(void) { const char *p = getenv("LD_PRELOAD"); puts(p ? p : "none"); return 3; }
C
gcc -static -o hi-static hi.c
gcc -m32 -o hi-32 hi.c 2>log || rm -f hi-32
musl-gcc -o hi-musl hi.c 2>log || rm -f hi-musl
printf '#!%s\n' "$PWD/hi-musl" >hi-script
[ ! -x hi-musl ] || chmod +x hi-script
printf 'int other;\n' >other.c
gcc -shared -fPIC -o other.so other.c
cat >start.c <<'C'
#define _GNU_SOURCE
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
extern char **environ;
int main(int argc, char **argv)
{
	char *words[] = { argv[2], NULL };
	const char *how = argv[1], *name = strrchr(argv[2], '/') + 1;
	int status = 0;
	pid_t pid = 0;

	setenv("PATH", "/nowhere:.", 1);
	if (!strcmp(how, "spawn") || !strcmp(how, "spawnp"))
		(how[5] ? posix_spawnp(&pid, name, NULL, NULL, words, environ)
			: posix_spawn(&pid, argv[2], NULL, NULL, words, environ));
	else if (!(pid = vfork()))
		_exit(!strcmp(how, "execv") ? execv(argv[2], words) : !strcmp(how, "execvp") ? execvp(name, words)
			: !strcmp(how, "execle") ? execle(argv[2], argv[2], NULL, environ) : execve(argv[2], words, environ));
	return waitpid(pid, &status, 0) == pid && argc ? WEXITSTATUS(status) : 99;
}
C
gcc -o start start.c
for child in ./hi-static ./hi-32 ./hi-musl ./hi-script; do
	[ -x $child ] || continue
	for how in execve execv execvp execle spawn spawnp; do
		exits 3 "$LG" run -q -o t.lgt -- ./start $how $child
		[ ! -s err ] || fails "$child by $how: $(head -n 1 err)"
		case $child in
		./hi-static) ;;
		*) [ "$(cat out)" = none ] || fails "$child by $how has LD_PRELOAD=$(cat out)" ;;
		esac
		rm -rf t.lgt*
		exits 3 "$LG" run -q -o t.lgt -- env -u LEAKGRAPH_SEGMENT ./start $how $child # by one that is not recorded
		[ ! -s err ] || fails "$child by $how, not recorded: $(head -n 1 err)"
		rm -rf t.lgt*
	done
done
[ ! -x hi-32 ] || {
	LD_PRELOAD=$PWD/other.so exits 3 "$LG" run -q -o t.lgt -- ./start execvp ./hi-32
	[ "$(cat out)" = "$PWD/other.so" ] || fails "the other preload is gone: $(cat out)"
}
