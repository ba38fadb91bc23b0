/* spelling.c: see spelling.h. */
#include "report/spelling.h"

#include <stdbool.h>
#include <string.h>

const char *spelling_closed(const char *open)
{
	int depth = 0;

	for (; *open; open++) {
		depth += *open == '<' || *open == '(';
		depth -= (*open == '>' && open[-1] != '-') || *open == ')';
		if (!depth)
			return open;
	}
	return open - 1;
}

size_t spelling_operator(const char *text)
{
	static const char word[] = "operator";
	size_t n = sizeof word - 1;

	if (strncmp(text, word, n))
		return 0;
	return n + (strncmp(text + n, "()", 2) ? strspn(text + n, "<>=-") : 2);
}

size_t spelling_anonymous(const char *text)
{
	static const char anonymous[] = "(anonymous namespace)";

	return strncmp(text, anonymous, sizeof anonymous - 1) ? 0 : sizeof anonymous - 1;
}

const char *spelling_name(const char *function)
{
	const char *name = function;

	for (const char *at = function; *at; at++) {
		bool begins = at == function || at[-1] == ' ' || at[-1] == ':';

		if (begins && spelling_operator(at))
			return name;
		if (*at == '(' && !begins)
			return name;
		if (*at == '(' || *at == '<')
			at = spelling_closed(at);
		else if (*at == ' ')
			name = at + 1;
	}
	return function;
}
