/* thread.h: threads that work beside the one which handles the signals. */
#ifndef LG_BASE_THREAD_H
#define LG_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* Begins a thread that takes no signals. False: there is none. */
bool thread_begin(pthread_t *thread, void *(*work)(void *context), void *context);

#endif
