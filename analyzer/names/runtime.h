/* runtime.h: what a module's file says about the C++ runtime that its code uses. */
#ifndef LG_NAMES_RUNTIME_H
#define LG_NAMES_RUNTIME_H

#include <stdbool.h>

/* C++ code whose runtime is linked in: its operators new and delete may be its own, which no symbol tells once it is
 * stripped. False too when the file cannot be read. */
bool brings_cxx_runtime(const char *path);

#endif
