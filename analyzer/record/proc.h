/* proc.h: what /proc tells of a process. All is owned by the caller; what cannot be read is empty. */
#ifndef LG_RECORD_PROC_H
#define LG_RECORD_PROC_H

#include "trace/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

char *proc_link(uint32_t pid, const char *name); /* "exe", "cwd" */
char *proc_read(uint32_t pid, const char *name, size_t *bytes); /* "cmdline"; terminated */
int proc_open(uint32_t pid, const char *name); /* "mem"; -1: not allowed, or gone */
struct trace_held *proc_held(uint32_t pid, size_t *n); /* addresses that the kernel keeps for it */
struct trace_mapping *proc_mappings(uint32_t pid, size_t *n);
struct trace_mapping *proc_parse_mappings(char *text, size_t bytes, size_t *n); /* of /proc/PID/maps */
/* Processes, this one not, that map the file of that inode. Returns how many: at most `room`. */
size_t proc_find_mapped(uint64_t inode, uint32_t *pids, size_t room);
bool proc_maps_inode(uint32_t pid, uint64_t inode); /* of a memfd */
uint64_t proc_heap_start(uint32_t pid); /* where its brk heap begins; 0: not told */
uint32_t proc_parent(uint32_t pid); /* 0: not told */
bool proc_has_executed(uint32_t pid); /* since it was forked; true of a zombie too */
/* Whether its program gains privileges by its file, so that its loader takes no preloads. */
bool proc_is_set_id(uint32_t pid);
char **proc_arguments(uint32_t pid, uint32_t *argc); /* one block; NULL: no memory */
bool proc_thread_ended(uint32_t pid, uint32_t tid); /* yet listed: a zombie */
bool proc_is_unsignaled(uint32_t tid); /* no signal ends it, nor an exit_group(2) or exec of another */
uint64_t proc_filters(uint32_t pid); /* seccomp filters that it is under */
void proc_mappings_free(struct trace_mapping *mappings, size_t n);

/* A process in another pid namespace knows itself and its threads by other ids: "inner" ones. */
uint64_t proc_namespace(uint32_t pid); /* 0: not told */
/* The process that `namespace` (0: not known) knows as `pid`. 0: it is not there. */
uint32_t proc_outer_pid(uint64_t namespace, uint32_t pid);
uint32_t proc_inner_tid(uint32_t pid, uint32_t tid); /* 0: not told */
bool proc_has_inner_tid(uint32_t pid, uint32_t tid);

#endif
