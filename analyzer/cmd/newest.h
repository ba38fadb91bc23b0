/* newest.h: the trace that is meant when none is named. */
#ifndef LG_CMD_NEWEST_H
#define LG_CMD_NEWEST_H

#include "base/err.h"

/* The .lgt file in `folder` that was changed last, owned; NULL with err when there is none. */
char *newest_trace(const char *folder, struct err *err);

#endif
