/* accessors.h: what libunwind asks about another process's thread, where everyone gives the same answer.
 *
 * The context of who asks begins with the thread's registers: uint64_t[LG_REGS]. */
#ifndef LG_RECORD_ACCESSORS_H
#define LG_RECORD_ACCESSORS_H

#include "leakgraph/ring.h"

#include <libunwind-x86_64.h>
#include <stdbool.h>

/* Registers are only read. libunwind's numbers are DWARF's, as enum lg_reg's are. */
static inline int access_register(unw_addr_space_t space, unw_regnum_t reg, unw_word_t *value, int write,
				  void *context)
{
	const uint64_t *regs = context;

	(void)space;
	if (write || reg < 0 || reg >= LG_REGS)
		return -UNW_EBADREG;
	*value = regs[reg];
	return 0;
}

static inline int no_float_register(unw_addr_space_t space, unw_regnum_t reg, unw_fpreg_t *value, int write,
				    void *context)
{
	(void)space, (void)reg, (void)value, (void)write, (void)context;
	return -UNW_EBADREG;
}

static inline int no_dynamic_code(unw_addr_space_t space, unw_word_t *list, void *context)
{
	(void)space, (void)list, (void)context;
	return -UNW_ENOINFO;
}

/* Rows of an unw_accessors_t. */
#define SHARED_ACCESSORS                                                                                     \
	.get_dyn_info_list_addr = no_dynamic_code, .access_reg = access_register,                            \
	.access_fpreg = no_float_register

/* Where there is no CFI, libunwind 1.6 makes up a function of one byte. */
static inline bool has_cfi(unw_cursor_t *cursor)
{
	unw_proc_info_t info;

	return !unw_get_proc_info(cursor, &info) && info.end_ip > info.start_ip + 1;
}

#endif
