/* false-frames.c: frames whose CFI lies, by 8 bytes, by a megabyte, by a register that holds no address, or says nothing,
 * call malloc: stacks end there, and nothing else does. */
// stress: .processes[0].totals.allocations > 10000
#include "stress.h"

#include <stdint.h>

static unsigned seed = 1;

__attribute__((used)) static void allocate(void)
{
	stress_heap(seed++, 20);
}

#define FALSE_FRAME(name, cfi)                                                                               \
	void name(void);                                                                                     \
	__asm__(".text\n\t.type " #name ", @function\n" #name ":\n\t.cfi_startproc\n\t"                      \
		"pushq %rbp\n\tpushq %rbx\n\tsubq $8, %rsp\n\tmovq $0x123, %rbp\n\t" cfi                     \
		"\n\tcall allocate\n\taddq $8, %rsp\n\tpopq %rbx\n\tpopq %rbp\n\tret\n\t"                    \
		".cfi_endproc\n\t.size " #name ", .-" #name)

FALSE_FRAME(unsaid, "");
FALSE_FRAME(by_eight, ".cfi_def_cfa_offset 40");
FALSE_FRAME(by_megabytes, ".cfi_def_cfa_offset 0x7ffffff0");
FALSE_FRAME(below, ".cfi_def_cfa_offset -64");
FALSE_FRAME(by_bp, ".cfi_def_cfa rbp, 16");
FALSE_FRAME(by_bp_saved, ".cfi_def_cfa_offset 32\n\t.cfi_offset rbp, 0x100000");
FALSE_FRAME(by_rbx, ".cfi_def_cfa rbx, 0");
FALSE_FRAME(by_itself, ".cfi_def_cfa rsp, 0");

int main(void)
{
	double end = stress_now() + stress_seconds();

	while (stress_now() < end) {
		unsaid();
		by_eight();
		by_megabytes();
		below();
		by_bp();
		by_bp_saved();
		by_rbx();
		by_itself();
	}
	return 0;
}
