# Locks that libc and its loader hold while they allocate: a thread that asks for its own stack (which allocates under
# the thread's lock) on a stack of its own, one that holds stdout's lock while others allocate, a library whose
# constructor waits for a thread that allocates, dl_iterate_phdr whose callback does.
cat >ctor.c <<'C'
#include <pthread.h>
#include <stdlib.h>
static void *body(void *unused) { for (int i = 0; i < 100; i++) free(malloc(500)); return unused; }
__attribute__((constructor)) static void begin(void) { pthread_t t; pthread_create(&t, NULL, body, NULL); pthread_join(t, NULL); }
C
gcc -shared -fPIC -O0 -fno-builtin -o ctor.so ctor.c
cat >locks.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
static char stack[1 << 18] __attribute__((aligned(4096)));
static void *ask(void *unused)
{
	for (int i = 0; i < 2000; i++) {
		pthread_attr_t a;
		if (pthread_getattr_np(pthread_self(), &a))
			exit(3);
		pthread_attr_destroy(&a);
	}
	return unused;
}
static void *allocate(void *unused)
{
	for (int i = 0; i < 20000; i++)
		free(malloc(300));
	return unused;
}
static int each(struct dl_phdr_info *info, size_t n, void *unused)
{
	pthread_t t;
	pthread_create(&t, NULL, allocate, NULL);
	pthread_join(t, NULL);
	return info && n && unused;
}
int main(void)
{
	pthread_t t[3];
	pthread_attr_t a;
	setvbuf(stdout, NULL, _IOFBF, 0);
	pthread_attr_init(&a);
	pthread_attr_setstack(&a, stack, sizeof stack);
	flockfile(stdout);
	pthread_create(&t[0], &a, ask, NULL);
	pthread_create(&t[1], NULL, ask, NULL);
	pthread_create(&t[2], NULL, allocate, NULL);
	dl_iterate_phdr(each, NULL);
	for (int i = 0; i < 50; i++) {
		void *l = dlopen("./ctor.so", RTLD_NOW);
		if (!l || dlclose(l))
			return 2;
	}
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	funlockfile(stdout);
	return puts("done") < 0;
}
C
gcc -O1 -fno-builtin -o locks locks.c -pthread
exits 0 timeout 60 "$LG" check -- ./locks
[ "$(cat out)" = done ] || fails "it printed $(cat out)"
