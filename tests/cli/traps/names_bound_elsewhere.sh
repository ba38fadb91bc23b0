# A plugin that is bound past the shim (RTLD_DEEPBIND), or lives in a namespace of its own (dlmopen), works as it does alone,
# and what crosses its border is no leak and no error: a block that one side allocates and the other frees.
cat >plugin.c <<'C'
#include <stdlib.h>
#include <string.h>
void *give(void) { return strdup("from the plugin"); }
void take(void *p) { free(p); }
void *swap(void *p) { free(p); return malloc(4000); }
C
gcc -shared -fPIC -O0 -fno-builtin -o plugin.so plugin.c -Wl,--no-as-needed
cat >host.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(int argc, char **argv)
{
	int deep = !strcmp(argv[argc - 1], "deepbind");
	void *l = deep ? dlopen("./plugin.so", RTLD_NOW | RTLD_DEEPBIND) : dlmopen(LM_ID_NEWLM, "./plugin.so", RTLD_NOW);
	if (!l)
		return puts(dlerror()), 1;
	void *(*give)(void) = (void *(*)(void))dlsym(l, "give"), *(*swap)(void *) = (void *(*)(void *))dlsym(l, "swap");
	void (*take)(void *) = (void (*)(void *))dlsym(l, "take");
	for (int i = 0; i < 1000; i++) {
		char *p = give();
		if (strcmp(p, "from the plugin"))
			return 2;
		if (deep) {
			free(p);
			take(malloc(100 + i));
			free(swap(malloc(3000)));
		} else {
			take(p);
		}
	}
	return puts("fine"), 0;
}
C
gcc -O0 -g -o host host.c
for how in deepbind dlmopen; do
	status=0
	"$LG" check --json=r.json -- ./host $how >out 2>err || status=$?
	[ "$(cat out)" = fine ] || fails "$how: the program printed $(cat out), exit status $status"
	case $status in 0 | 125) ;; *) fails "$how: exit status $status: $(head -n 1 err) $(json r.json '.processes[0].summary.direct')" ;; esac
done

# What it frees looks lost, and when no address is handed out again its own words give it away.
cat >taken.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
	void *l = dlopen("./plugin.so", RTLD_NOW | (argc > 1 ? RTLD_DEEPBIND : 0));
	void (*take)(void *) = (void (*)(void *))dlsym(l, "take");
	for (int i = 0; i < 10; i++)
		take(malloc(100 + 64 * i));
	return !argv;
}
C
gcc -O0 -g -o taken taken.c
exits 0 "$LG" check -- ./taken
exits 125 "$LG" check --json=r.json -- ./taken deepbind
json r.json '.processes[0].verdict_reasons[]' | grep -q 'plugin.so is bound past leakgraph' ||
	fails "nothing is said of it: $(json r.json '.processes[0].verdict_reasons[]')"
