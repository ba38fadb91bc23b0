/* builtin.h: allocators that a program has built in under names of their own, beside the malloc that is recorded. */
#ifndef LG_RECORD_BUILTIN_H
#define LG_RECORD_BUILTIN_H

/* What it calls for a block there, such as "je_malloc"; NULL: its symbols tell of none, or it has no symbols left. */
const char *builtin_allocator(const char *program);

#endif
