/* huge.h: large arrays that are walked in no order miss the TLB at every step; huge pages spare that. */
#ifndef LG_BASE_HUGE_H
#define LG_BASE_HUGE_H

#include <stddef.h>

/* Asks for huge pages under fresh memory (a hint; ask before the memory is touched) and returns it. NULL is fine. */
void *huge_pages(void *memory, size_t bytes);

/* As malloc, on huge pages where they fit. */
void *huge_alloc(size_t bytes);

#endif
