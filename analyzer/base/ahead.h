/* ahead.h: asking for memory before it is used. */
#ifndef LG_BASE_AHEAD_H
#define LG_BASE_AHEAD_H

/* For functions that only prefetch: gcc 12 finds them without effect and deletes their calls unless inlined. */
#define LOOK_AHEAD static inline __attribute__((always_inline)) void

#endif
