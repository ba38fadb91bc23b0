/* text_file.h: a small file of the user's as one text. */
#ifndef LG_BASE_TEXT_FILE_H
#define LG_BASE_TEXT_FILE_H

#include "base/err.h"

#include <stddef.h>

/* The whole file, ended by a NUL, for free(); `what` it should be, for who gives another file: "a suppression file".
 * NULL with err. */
char *text_file(const char *path, const char *what, size_t *n, struct err *err);

#endif
