/* accessors.h: what libunwind asks about another process's thread, where everyone gives the same answer. */
#ifndef LG_RECORD_ACCESSORS_H
#define LG_RECORD_ACCESSORS_H

#include "leakgraph/ring.h"

#include <libunwind-x86_64.h>

/* For access_reg: one of `regs`, which are only read. libunwind's numbers are DWARF's, as enum lg_reg's are. */
static inline int register_of(const uint64_t regs[LG_REGS], unw_regnum_t reg, unw_word_t *value, int write)
{
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

#endif
