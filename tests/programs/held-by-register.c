/* held-by-register.c: three blocks whose only pointers are in rbx of a thread that sleeps in the kernel, in r12 of a
 * thread that spins, and in xmm9 of a thread that sleeps. Each thread wipes the stack that malloc used. The last block's
 * address is a round one: both its halves are small numbers. */
// expect: direct=0/0 cycle=0/0 indirect=0/0 possible=0/0
// more: .processes[0].summary.reachable.bytes >= 1000 + 2000 + 4000
#include "victim.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

atomic_int ready;

void *allocate(size_t size)
{
	void *round = size == 4000 ? aligned_alloc(1L << 32, size) : NULL;

	return round ? round : malloc(size); /* not everybody has the address space */
}

/* clang-format off */
#define HOLDER(name, size, keep, wait)                                                                  \
	void *name(void *);                                                                             \
	__asm__(".text\n"                                                                               \
		".globl " #name "\n"                                                                    \
		".type " #name ", @function\n"                                                          \
		#name ":\n"                                                                             \
		".cfi_startproc\n"                                                                      \
		"	sub $8, %rsp\n"                                                                 \
		".cfi_adjust_cfa_offset 8\n"                                                            \
		"	mov $" #size ", %edi\n"                                                         \
		"	call allocate@PLT\n"                                                            \
		"	" keep "\n"                                                                     \
		"	lea -8192(%rsp), %rdi\n" /* wipe what malloc left below */                      \
		"	mov $1024, %ecx\n"                                                              \
		"	xor %eax, %eax\n"                                                               \
		"	rep stosq\n"                                                                    \
		"	xor %edx, %edx\n	xor %esi, %esi\n	xor %edi, %edi\n"                               \
		"	xor %r8d, %r8d\n	xor %r9d, %r9d\n	xor %r10d, %r10d\n	xor %r11d, %r11d\n" \
		"	mov ready@GOTPCREL(%rip), %rax\n"                                               \
		"	lock incl (%rax)\n"                                                             \
		"1:	" wait "\n"                                                                     \
		"	jmp 1b\n"                                                                       \
		".cfi_endproc\n"                                                                        \
		".size " #name ", . - " #name "\n");

HOLDER(hold_in_rbx, 1000, "mov %rax, %rbx", "mov $34, %eax\n	syscall") /* pause(2) */
HOLDER(hold_in_r12, 2000, "mov %rax, %r12", "xor %eax, %eax\n	pause")
HOLDER(hold_in_xmm9, 4000, "movq %rax, %xmm9", "mov $34, %eax\n	syscall")
/* clang-format on */

int main(void)
{
	void *(*const holders[])(void *) = { hold_in_rbx, hold_in_r12, hold_in_xmm9 };
	pthread_t thread;

	for (int i = 0; i < 3; i++)
		if (pthread_create(&thread, NULL, holders[i], NULL))
			return 1;
	while (ready < 3)
		sched_yield();
	return 0;
}
