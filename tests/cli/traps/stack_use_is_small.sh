# What the shim adds to the depth of the stack is bounded: threads with the smallest stack, a handler on the smallest
# alternate stack; and it is measured on a stack that was filled before.
cat >small.c <<'C'
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
static void *body(void *unused)
{
	for (int i = 0; i < 100; i++)
		free(realloc(malloc(10 + i), 3000));
	return unused;
}
static void on_signal(int number) { body(NULL); }
static ucontext_t here, there;
static void coroutine(void) { body(NULL); }
static long depth(void)
{
	enum { N = 32768 };
	unsigned char *stack = mmap(NULL, N, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(stack, 0xab, N);
	getcontext(&there);
	there.uc_stack.ss_sp = stack;
	there.uc_stack.ss_size = N;
	there.uc_link = &here;
	makecontext(&there, coroutine, 0);
	swapcontext(&here, &there);
	long i = 0;
	while (stack[i] == 0xab)
		i++;
	return N - i;
}
int main(void)
{
	pthread_attr_t a;
	pthread_t t;
	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, PTHREAD_STACK_MIN);
	for (int i = 0; i < 50; i++)
		if (pthread_create(&t, &a, body, NULL) || pthread_join(t, NULL))
			return 1;
	stack_t s = { .ss_sp = malloc(MINSIGSTKSZ + 4096), .ss_size = MINSIGSTKSZ + 4096 };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };
	if (sigaltstack(&s, NULL) || sigaction(SIGUSR1, &action, NULL))
		return 2;
	for (int i = 0; i < 50; i++)
		raise(SIGUSR1);
	printf("%ld\n", depth());
	s.ss_flags = SS_DISABLE;
	sigaltstack(&s, NULL);
	free(s.ss_sp);
	return 0;
}
C
gcc -O1 -fno-builtin -o small small.c -pthread
./small >native
exits 0 "$LG" check -- ./small
more=$(($(cat out) - $(cat native)))
[ $more -lt 1536 ] || fails "$more bytes of stack more than alone"
