/* first-events.c: threads whose first event is interrupted, each a few instructions of the shim later than the one before,
 * by a handler that jumps out of it or allocates. Each thread loses one block of 24 bytes; says how many there were. */
#define _GNU_SOURCE
#include <link.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#define INSTRUCTIONS 41 /* from one thread to the next */

static uintptr_t shim_start, shim_end;
static int jumps;
static _Thread_local sigjmp_buf back;
static _Thread_local volatile long steps, last;

static int find_shim(struct dl_phdr_info *m, size_t size, void *unused)
{
	(void)size, (void)unused;
	for (int i = 0; strstr(m->dlpi_name, "liblgpreload") && i < m->dlpi_phnum; i++)
		if (m->dlpi_phdr[i].p_type == PT_LOAD && m->dlpi_phdr[i].p_flags & PF_X) {
			shim_start = m->dlpi_addr + m->dlpi_phdr[i].p_vaddr;
			shim_end = shim_start + m->dlpi_phdr[i].p_memsz;
		}
	return 0;
}

__attribute__((noinline)) static void lose(void)
{
	void *volatile p = calloc(1, 24);

	p = NULL;
	(void)p;
}

/* The processor traps after each instruction, until the flag is cleared. */
static void set_trap_flag(void)
{
	__asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq" ::: "memory", "cc");
}
static void clear_trap_flag(void)
{
	__asm__ volatile("pushfq; andq $~0x100, (%%rsp); popfq" ::: "memory", "cc");
}

static void on_trap(int number, siginfo_t *info, void *context)
{
	uintptr_t at = (uintptr_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];

	(void)number, (void)info;
	if (at - shim_start >= shim_end - shim_start || ++steps != last)
		return;
	if (jumps)
		siglongjmp(back, 1);
	lose();
}

static void *begin(void *nth)
{
	last = (long)nth;
	if (!sigsetjmp(back, 1)) {
		set_trap_flag();
		void *volatile p = malloc(100);
		clear_trap_flag();
		free(p);
		if (steps >= last && !jumps)
			return nth;
	}
	lose();
	return steps >= last ? nth : NULL;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };
	void *was_interrupted = &action;
	int threads = 0;

	jumps = argc > 1 && !strcmp(argv[1], "jump");
	dl_iterate_phdr(find_shim, NULL);
	sigaction(SIGTRAP, &action, NULL);
	while (was_interrupted) {
		pthread_t t;

		pthread_create(&t, NULL, begin, (void *)(long)(++threads * INSTRUCTIONS));
		pthread_join(t, &was_interrupted);
	}
	printf("%d\n", threads);
	return 0;
}
