/* patterns.h: wildcards as LeakSanitizer and Valgrind mean them. Linear in the text for each *, so that no pattern
 * takes for ever. */
#ifndef LG_REPORT_PATTERNS_H
#define LG_REPORT_PATTERNS_H

#include <stdbool.h>

/* The whole text; * is anything, ? one character. */
bool glob_matches(const char *pattern, const char *text);
/* Anywhere in the text, unless ^ or $ say otherwise; * is anything. */
bool lsan_matches(const char *pattern, const char *text);

#endif
