/* err.c: the sentence is made once, where the facts are. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

int fail(struct err *err, const char *format, ...)
{
	va_list args;

	if (!err)
		return -1;
	va_start(args, format);
	vsnprintf(err->text, sizeof err->text, format, args);
	va_end(args);
	return -1;
}
