/* lend.h: hands the segment to programs of the tree that cannot open it, since they run as another user or in another user
 * namespace: through a socket that is named as the segment's path is. */
#ifndef LG_RECORD_LEND_H
#define LG_RECORD_LEND_H

#include "record/segment.h"

int lend_open(
    const struct segment *s); /* the socket; -1: there is none, and such programs are not recorded */
void lend_close(int socket);
/* A connection that waits, and whose; -1: none does. */
int lend_next(int socket, uint32_t *pid);
/* Hands `fd` over, unless it is negative, and closes the connection. */
void lend_answer(int connection, int fd);

#endif
