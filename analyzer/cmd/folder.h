/* folder.h: a private folder for traces that nobody will ask for again. */
#ifndef LG_CMD_FOLDER_H
#define LG_CMD_FOLDER_H

#include "base/err.h"

/* A new folder in $TMPDIR, or /tmp, that only this user can read. Its path, owned; NULL with err. */
char *folder_make(struct err *err);
/* Removes it with everything in it, never following links out of it. */
void folder_remove(const char *path);

#endif
