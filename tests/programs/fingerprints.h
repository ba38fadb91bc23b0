/* fingerprints.h: what fingerprints.cc and fingerprints-c.c share. */
#pragma once

#include <stdlib.h>

#define NOINLINE __attribute__((noinline))

#ifdef __cplusplus
extern "C" {
#endif
void c_leaks(void);
#ifdef __cplusplus
}
#endif
