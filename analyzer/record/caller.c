/* caller.c: see caller.h. libunwind steps the frames, reading the stopped thread by ptrace. */
#include "record/caller.h"

#include "record/accessors.h"

#include <libunwind-ptrace.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define FRAMES_MAX 32

/* What libunwind asks of a stopped thread: registers from `regs`; CFI and memory from libunwind's ptrace half, which
 * wants to be asked in an address space of its own. It asks the thread that was first, since memory is that of all; for
 * each thread to begin with it would read the list of mappings anew. */
struct unwinding {
	uint64_t regs[LG_REGS]; /* of the thread under way; first: see accessors.h */
	unw_addr_space_t space, ptrace_space;
	void *upt;
};

static int find_proc_info(unw_addr_space_t space, unw_word_t ip, unw_proc_info_t *info, int need,
			  void *context)
{
	const struct unwinding *u = context;

	(void)space;
	return _UPT_find_proc_info(u->ptrace_space, ip, info, need, u->upt);
}

static void put_unwind_info(unw_addr_space_t space, unw_proc_info_t *info, void *context)
{
	const struct unwinding *u = context;

	(void)space;
	_UPT_put_unwind_info(u->ptrace_space, info, u->upt);
}

static int access_mem(unw_addr_space_t space, unw_word_t addr, unw_word_t *value, int write, void *context)
{
	const struct unwinding *u = context;

	(void)space;
	return write ? -UNW_EINVAL : _UPT_access_mem(u->ptrace_space, addr, value, 0, u->upt);
}

static unw_accessors_t accessors = {
	.find_proc_info = find_proc_info,
	.put_unwind_info = put_unwind_info,
	.access_mem = access_mem,
	SHARED_ACCESSORS,
};

/* The name of the file that code lies in, from its last slash. */
static const char *library_of(const struct callers *c, uint64_t pc)
{
	const char *name = NULL;

	for (size_t i = 0; i < c->nmappings; i++)
		if (pc >= c->mappings[i].start && pc < c->mappings[i].end && c->mappings[i].prot & PROT_EXEC)
			name = strrchr(c->mappings[i].path, '/');
	return name ? name : "";
}

static bool in_libc(const struct callers *c, uint64_t pc)
{
	const char *library = library_of(c, pc);

	return !strncmp(library, "/libc.so", 8) || !strncmp(library, "/libpthread", 11) ||
	       !strncmp(library, "/ld-linux", 9);
}

static bool is_asking(const struct callers *c, const struct caller_request *r, uint64_t pc)
{
	return r->is_asking && !strcmp(library_of(c, pc), "/liblgpreload.so");
}

/* The first six are for variables. */
static const int preserved[] = { LG_REG_RBX, LG_REG_RBP, LG_REG_R12, LG_REG_R13,
				 LG_REG_R14, LG_REG_R15, LG_REG_RSP, LG_REG_RIP };
#define VARIABLES 6
#define HELD_MAX ((size_t)FRAMES_MAX * VARIABLES)

static bool preserved_registers(unw_cursor_t *cursor, struct trace_thread *t)
{
	for (size_t i = 0; i < sizeof preserved / sizeof *preserved; i++) {
		unw_word_t v;

		if (unw_get_reg(cursor, preserved[i], &v))
			return false;
		t->regs[preserved[i]] = v;
	}
	return true;
}

/* What a frame of libc's has in registers, it may alone have: a file that it closes, memory that it works in. */
static void hold_variables(unw_cursor_t *cursor, struct trace_thread *t)
{
	for (size_t i = 0; i < VARIABLES; i++) {
		unw_word_t v;

		if (!unw_get_reg(cursor, preserved[i], &v))
			t->vector[t->nvector++] = v;
	}
}

/* clone and clone3 have no CFI where they return, since a new thread has no caller; they have no frame either. */
static bool leave_clone(struct unwinding *u)
{
	uint64_t *sp = &u->regs[LG_REG_RSP];
	unw_word_t caller;

	if (access_mem(u->space, *sp, &caller, 0, u))
		return false;
	u->regs[LG_REG_RIP] = caller;
	*sp += 8;
	return true;
}

static bool start(struct unwinding *u, unw_cursor_t *cursor)
{
	if (unw_init_remote(cursor, u->space, u))
		return false;
	if (has_cfi(cursor))
		return true;
	return leave_clone(u) && !unw_init_remote(cursor, u->space, u);
}

static bool step_out(const struct callers *c, const struct caller_request *r, struct trace_thread *t)
{
	unw_cursor_t cursor;
	unw_word_t pc;

	if (!start(c->unwinding, &cursor))
		return false;
	for (int i = 0; i < FRAMES_MAX; i++) {
		if (unw_get_reg(&cursor, UNW_REG_IP, &pc) || unw_is_signal_frame(&cursor) > 0)
			return false;
		if (!in_libc(c, pc) && !is_asking(c, r, pc))
			return preserved_registers(&cursor, t);
		hold_variables(&cursor, t);
		if (unw_step(&cursor) <= 0)
			return false;
	}
	return false;
}

/* System calls pass arguments in rdi, rsi, rdx, r10, r8, r9 (x86-64 psABI, A.2.1); those that end have none. */
static void clear_others(struct trace_thread *t, int64_t call)
{
	bool ends = call == SYS_exit_group || call == SYS_exit;

	t->regs[LG_REG_RAX] = t->regs[LG_REG_RCX] = t->regs[LG_REG_R11] = 0;
	if (ends)
		t->regs[LG_REG_RDI] = t->regs[LG_REG_RSI] = t->regs[LG_REG_RDX] = t->regs[LG_REG_R10] =
		    t->regs[LG_REG_R8] = t->regs[LG_REG_R9] = 0;
}

static void unwinding_free(struct unwinding *u)
{
	if (u->upt)
		_UPT_destroy(u->upt);
	if (u->ptrace_space)
		unw_destroy_addr_space(u->ptrace_space);
	if (u->space)
		unw_destroy_addr_space(u->space);
	free(u);
}

/* NULL: no memory. */
static struct unwinding *unwinding_new(uint32_t tid)
{
	struct unwinding *u = calloc(1, sizeof *u);

	if (!u)
		return NULL;
	u->space = unw_create_addr_space(&accessors, 0);
	u->ptrace_space = unw_create_addr_space(&_UPT_accessors, 0);
	u->upt = _UPT_create((pid_t)tid);
	if (u->space && u->ptrace_space && u->upt)
		return u;
	unwinding_free(u);
	return NULL;
}

void callers_free(struct callers *c)
{
	if (c->unwinding)
		unwinding_free(c->unwinding);
	c->unwinding = NULL;
}

static bool has_unwinding(struct callers *c, uint32_t tid)
{
	if (!c->unwinding)
		c->unwinding = unwinding_new(tid);
	return c->unwinding;
}

static void forget(struct trace_thread *t, const uint64_t regs[LG_REGS])
{
	memcpy(t->regs, regs, sizeof t->regs);
	free(t->vector);
	t->vector = NULL;
	t->nvector = 0;
}

bool caller_of_libc(struct callers *c, const struct caller_request *r, struct trace_thread *t)
{
	uint64_t before[LG_REGS], pc = t->regs[LG_REG_RIP];

	if ((!(r->call >= 0 && in_libc(c, pc)) && !is_asking(c, r, pc)) || !has_unwinding(c, t->tid))
		return false;
	memcpy(before, t->regs, sizeof before);
	memcpy(c->unwinding->regs, t->regs, sizeof before);
	t->vector = malloc(HELD_MAX * sizeof *t->vector);
	bool out = t->vector && step_out(c, r, t);
	if (out)
		clear_others(t, r->call);
	else
		forget(t, before);
	return out;
}
