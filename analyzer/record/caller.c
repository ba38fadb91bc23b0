/* caller.c: see caller.h. libunwind steps the frames, reading the stopped thread by ptrace. */
#include "record/caller.h"

#include <libunwind-ptrace.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define FRAMES_MAX 32

static bool in_libc(const struct trace_mapping *mappings, size_t n, uint64_t pc)
{
	for (size_t i = 0; i < n; i++) {
		const struct trace_mapping *m = &mappings[i];
		const char *name = strrchr(m->path, '/');

		if (pc >= m->start && pc < m->end)
			return m->prot & PROT_EXEC && name &&
			       (!strncmp(name, "/libc.so", 8) || !strncmp(name, "/libpthread", 11) ||
				!strncmp(name, "/ld-linux", 9));
	}
	return false;
}

/* libunwind's numbers are DWARF's, as enum lg_reg's are. */
static bool preserved_registers(unw_cursor_t *cursor, struct trace_thread *t)
{
	static const int preserved[] = { LG_REG_RBX, LG_REG_RBP, LG_REG_RSP, LG_REG_R12,
					 LG_REG_R13, LG_REG_R14, LG_REG_R15, LG_REG_RIP };

	for (size_t i = 0; i < sizeof preserved / sizeof *preserved; i++) {
		unw_word_t v;

		if (unw_get_reg(cursor, preserved[i], &v))
			return false;
		t->regs[preserved[i]] = v;
	}
	return true;
}

static bool step_out(unw_addr_space_t space, void *remote, const struct trace_mapping *mappings, size_t n,
		     struct trace_thread *t)
{
	unw_cursor_t cursor;
	unw_word_t pc;

	if (unw_init_remote(&cursor, space, remote))
		return false;
	for (int i = 0; i < FRAMES_MAX; i++) {
		if (unw_step(&cursor) <= 0 || unw_get_reg(&cursor, UNW_REG_IP, &pc) || unw_is_signal_frame(&cursor) > 0)
			return false;
		if (!in_libc(mappings, n, pc))
			return preserved_registers(&cursor, t);
	}
	return false;
}

/* System calls pass arguments in rdi, rsi, rdx, r10, r8, r9 (x86-64 psABI, A.2.1); those that end have none. */
static void clear_others(struct trace_thread *t, uint64_t number)
{
	bool ends = number == SYS_exit_group || number == SYS_exit;

	t->regs[LG_REG_RAX] = t->regs[LG_REG_RCX] = t->regs[LG_REG_R11] = 0;
	if (ends)
		t->regs[LG_REG_RDI] = t->regs[LG_REG_RSI] = t->regs[LG_REG_RDX] = t->regs[LG_REG_R10] =
		    t->regs[LG_REG_R8] = t->regs[LG_REG_R9] = 0;
}

bool caller_of_libc(const struct trace_mapping *mappings, size_t n, struct trace_thread *t, uint64_t number)
{
	struct trace_thread before = *t;

	if (!in_libc(mappings, n, t->regs[LG_REG_RIP]))
		return false;
	unw_addr_space_t space = unw_create_addr_space(&_UPT_accessors, 0);
	void *remote = space ? _UPT_create((pid_t)t->tid) : NULL;
	bool out = remote && step_out(space, remote, mappings, n, t);
	if (remote)
		_UPT_destroy(remote);
	if (space)
		unw_destroy_addr_space(space);
	if (out)
		clear_others(t, number);
	else
		*t = before;
	return out;
}
