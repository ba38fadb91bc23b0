/* regions.h: which mappings of a process can hold references: writable ones, read-only anonymous ones, and the relocated
 * read-only data of modules; none of the shim's own. */
#ifndef LG_RECORD_REGIONS_H
#define LG_RECORD_REGIONS_H

#include "trace/trace.h"

/* Sets LG_MAPPING_SHIM and, unless there is nothing to refer to, LG_MAPPING_READ. `mappings` ascend. */
void regions_mark(struct trace_mapping *mappings, size_t n, const struct lg_area *area, bool has_no_blocks);

#endif
