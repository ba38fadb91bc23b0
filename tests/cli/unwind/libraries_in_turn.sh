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
