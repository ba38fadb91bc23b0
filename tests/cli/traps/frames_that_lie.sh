# No frame, whatever it claims, harms the program: call frame information that is off by 8, a frame without any that
# has overwritten rbp, rbp into nowhere, a stack that was left with longjmp, a call of address 0x123 whose handler
# allocates on another stack. Then without any information, and one that leads to a stack that was there and is not.
cat >lies.c <<'C'
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
static char other[65536];
static sigjmp_buf back;
void *lying(size_t n), *silent(size_t n), *nowhere(size_t n), *endless(size_t n);
__asm__(".text\n.globl lying\n.type lying,@function\nlying: .cfi_startproc\nsub $40,%rsp\n.cfi_def_cfa_offset 40\ncall malloc@plt\nadd $40,%rsp\nret\n.cfi_endproc\n"
	".globl silent\n.type silent,@function\nsilent: push %rbp\nmov $1,%ebp\ncall malloc@plt\npop %rbp\nret\n"
	".globl nowhere\n.type nowhere,@function\nnowhere: .cfi_startproc\npush %rbp\nmov $0x7fffffff0000,%rbp\n.cfi_def_cfa %rbp,16\ncall malloc@plt\npop %rbp\nret\n.cfi_endproc\n"
	".globl endless\n.type endless,@function\nendless: .cfi_startproc\npush %rbp\nmov %rsp,%rbp\n.cfi_def_cfa %rsp,0\n.cfi_offset %rip,0\ncall malloc@plt\npop %rbp\nret\n.cfi_endproc\n");
static void on_crash(int number)
{
	for (int i = 0; i < 50; i++)
		free(malloc(100 + number));
	siglongjmp(back, 1);
}
int main(void)
{
	stack_t s = { .ss_sp = other, .ss_size = sizeof other };
	struct sigaction action = { .sa_handler = on_crash, .sa_flags = SA_ONSTACK | SA_NODEFER };
	sigaltstack(&s, NULL);
	sigaction(SIGSEGV, &action, NULL);
	for (volatile int i = 0; i < 200; i++) {
		if (!sigsetjmp(back, 1))
			((void (*)(void))(i % 2 ? 0x123 : 0x7fffffff1230))();
		free(lying(24));
		free(silent(24));
		free(nowhere(24));
		free(endless(24));
	}
	return puts("alive") < 0;
}
C
gcc -O1 -fno-builtin -o lies lies.c
exits 0 ./lies
exits 0 "$LG" check --json=r.json -- ./lies
[ "$(cat out)" = alive ] || fails "it printed $(cat out)"
[ "$(json r.json '.processes[0].totals | .allocations == .frees + .live_blocks and .allocations > 10000')" = true ] || fails "$(json r.json '.processes[0].totals')"
objcopy --remove-section=.eh_frame --remove-section=.eh_frame_hdr lies bare
exits 0 "$LG" check -- ./bare
cat >gone.c <<'C'
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
enum { STACK = 65536 };
static ucontext_t here, fiber;
static char *pool;
static int lies;
void *lying(size_t n, void *base);
__asm__(".text\n.globl lying\n.type lying,@function\nlying: .cfi_startproc\npush %rbp\nmov %rsi,%rbp\n.cfi_def_cfa %rbp,16\n.cfi_offset %rbp,-16\n"
	"call malloc@plt\npop %rbp\nret\n.cfi_endproc\n");
static void body(void) { free(lies ? lying(100, pool + STACK + STACK / 2) : malloc(100)); }
static void run_on(char *stack)
{
	getcontext(&fiber);
	fiber.uc_stack.ss_sp = stack;
	fiber.uc_stack.ss_size = STACK;
	fiber.uc_link = &here;
	makecontext(&fiber, body, 0);
	swapcontext(&here, &fiber);
}
int main(void)
{
	pool = mmap(NULL, 2 * STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (lies = 1; lies >= 0; lies--)
		run_on(pool), run_on(pool + STACK), run_on(pool);
	munmap(pool + STACK, STACK);
	lies = 1;
	run_on(pool);
	return puts("alive") < 0;
}
C
gcc -O1 -fno-builtin -o gone gone.c
exits 0 ./gone
exits 0 "$LG" check -- ./gone
