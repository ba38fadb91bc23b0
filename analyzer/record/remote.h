/* remote.h: another process's stacks, unwound by libunwind from outside, while the process runs.
 *
 * Only the thread whose registers are given must stand still. Nothing is asked of ptrace, and nothing of the shim:
 * code and CFI are found by /proc/PID/maps and the ELF headers in the process's own memory. */
#ifndef LG_RECORD_REMOTE_H
#define LG_RECORD_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum remote_end {
	REMOTE_LOST, /* no way on from the last frame */
	REMOTE_OUTERMOST, /* its CFI says that nothing called it, or a process begins there */
	REMOTE_FULL, /* as many frames as there was room for */
	REMOTE_GONE, /* the process's memory can no longer be read */
};

struct remote;

struct remote *remote_open(uint32_t pid); /* NULL: out of memory */
void remote_close(struct remote *r); /* safe on NULL */
/* What was learnt of the code may have changed, by dlclose or dlopen. */
void remote_forget(struct remote *r);
/* Unwinds from the registers that lie in the process at `regs_at` (uint64_t[LG_REGS]: those that calls preserve, the
 * stack pointer, the pc). frames[] are innermost first, by the convention of ring.h's frames: what calls return to;
 * where a signal interrupted, one more than the place. */
size_t remote_unwind(struct remote *r, uint64_t regs_at, uint64_t *frames, size_t room, enum remote_end *end);
/* The mapping of code that holds pc; false: there is none. */
bool remote_code(struct remote *r, uint64_t pc, uint64_t *start, uint64_t *end);
/* Whether the code at pc is of the file with this build-id; `bytes` 0: of one without. */
bool remote_is_build(struct remote *r, uint64_t pc, const uint8_t *build_id, size_t bytes);
/* "libc.so.6+0x2718": the module's file and the ELF virtual address. */
void remote_name(struct remote *r, uint64_t addr, char *text, size_t room);

#endif
