/* patterns.c: see patterns.h. */
#include "report/patterns.h"

#include <stddef.h>
#include <string.h>

bool glob_matches(const char *pattern, const char *text)
{
	const char *star = NULL, *resume = NULL; /* the last *, and where what it stands for may end */

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			resume = text;
		} else if (*pattern == '?' || *pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++resume;
		} else {
			return false;
		}
	}
	return !pattern[strspn(pattern, "*")];
}

/* The end of the first place at or after `text` where n bytes of pattern stand; NULL: nowhere. */
static const char *find_piece(const char *text, const char *piece, size_t n)
{
	for (; strlen(text) >= n; text++)
		if (!strncmp(text, piece, n))
			return text + n;
	return NULL;
}

bool lsan_matches(const char *pattern, const char *text)
{
	bool is_bound = *pattern == '^'; /* the next piece must stand right here */

	for (pattern += is_bound; *pattern;) {
		size_t n = strcspn(pattern, "*"), rest = strlen(text);

		if (!pattern[n] && pattern[n - 1] == '$') { /* the last piece ends the text */
			n--;
			return rest >= n && !strncmp(text + rest - n, pattern, n) && (!is_bound || rest == n);
		}
		if (is_bound && strncmp(text, pattern, n))
			return false;
		text = is_bound ? text + n : find_piece(text, pattern, n);
		if (!text)
			return false;
		is_bound = false;
		pattern += n;
		pattern += *pattern != 0;
	}
	return true;
}
