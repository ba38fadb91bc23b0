# Two libraries whose frames differ, each loaded where the other was: what was known of one is not used for the other.
cat >library.c <<'C'
#include <stdlib.h>
__attribute__((noinline)) void *deep(int n)
{
	volatile char room[ROOM];
	room[0] = 1;
	void *p = n ? deep(n - 1) : malloc(24);
	room[ROOM - 1] = room[0];
	return p;
}
C
cat >turns.c <<'C'
#include <dlfcn.h>
#include <stdlib.h>
int main(void)
{
	void *last = NULL, *(*deep)(int);
	int same = 0;
	for (int i = 0; i < 100; i++) {
		void *library = dlopen(i & 1 ? "./liba.so" : "./libb.so", RTLD_NOW);
		deep = (void *(*)(int))dlsym(library, "deep");
		free(deep(3));
		same += (void *)deep == last;
		last = (void *)deep;
		dlclose(library);
	}
	return same < 50;
}
C
gcc -O1 -DROOM=100 -shared -fPIC -o liba.so library.c
gcc -O1 -DROOM=76 -shared -fPIC -o libb.so library.c
gcc -o turns turns.c
all_verified ./turns
# Nor is one named for the other, whichever is there when the recorder looks.
cat >lose.c <<'C'
#include <dlfcn.h>
int main(void)
{
	for (int i = 0; i < 20; i++) {
		void *library = dlopen(i & 1 ? "./lib1.so" : "./lib2.so", RTLD_NOW);
		((void (*)(void))dlsym(library, "lose"))();
		dlclose(library);
	}
	return 0;
}
C
for n in 1 2; do
	printf '#include <stdlib.h>\nstatic void lose_%s(void) { void *volatile p = malloc(24); p = NULL; }\nvoid lose(void) { lose_%s(); }\n' $n $n >lib$n.c
	gcc -O0 -g -shared -fPIC -o lib$n.so lib$n.c
done
gcc -o lose lose.c
exits 23 "$LG" check --json=r.json -- ./lose
[ "$(json r.json '[.processes[0].leaks[] | "\(.blocks) \(.stack[0].function)"] | sort | join(" ")')" = '10 lose_1 10 lose_2' ] ||
	fails "$(json r.json '.processes[0].leaks[] | .blocks, .stack[0].function, .stack[0].module' | paste -sd' ')"
