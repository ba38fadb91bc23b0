/* proc.h: what /proc tells of a process. All is owned by the caller; what cannot be read is empty. */
#ifndef LG_RECORD_PROC_H
#define LG_RECORD_PROC_H

#include "trace/trace.h"

#include <stddef.h>
#include <stdint.h>

char *proc_link(uint32_t pid, const char *name); /* "exe", "cwd" */
char *proc_read(uint32_t pid, const char *name, size_t *bytes); /* "cmdline" */
int proc_open(uint32_t pid, const char *name); /* "mem"; -1: not allowed, or gone */
struct trace_held *proc_held(uint32_t pid, size_t *n); /* addresses that the kernel keeps for it */
struct trace_mapping *proc_mappings(uint32_t pid, size_t *n);
uint64_t proc_heap_start(uint32_t pid); /* where its brk heap begins; 0: not told */
void proc_mappings_free(struct trace_mapping *mappings, size_t n);

#endif
