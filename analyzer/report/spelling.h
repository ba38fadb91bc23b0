/* spelling.h: C++ and Rust names as demanglers spell them: what brackets enclose, and what is an operator. */
#ifndef LG_REPORT_SPELLING_H
#define LG_REPORT_SPELLING_H

#include <stddef.h>

/* Where the bracket at `open` is closed, those inside it too; the last character where it is not. */
const char *spelling_closed(const char *open);
/* Length of "operator<<" and its like, whose brackets enclose nothing; 0: the text begins with none. */
size_t spelling_operator(const char *text);
/* The same of "(anonymous namespace)". */
size_t spelling_anonymous(const char *text);
/* Where the name of a function begins, behind the type that it returns: "int& std::max<int>(int&)". */
const char *spelling_name(const char *function);

#endif
