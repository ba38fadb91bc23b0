/* demangle.h: C++ and Rust names in the words of their source. Input and output are bounded: both come from files
 * that anyone may have written. */
#ifndef LG_NAMES_DEMANGLE_H
#define LG_NAMES_DEMANGLE_H

#include <stdbool.h>

#define DEMANGLE_MAX_INPUT (8u * 1024u)
#define DEMANGLE_MAX_OUTPUT (64u * 1024u)

/* An owned string (free it), or NULL: not mangled, too long, or too deep. C++ keeps its parameters; Rust of both
 * schemes loses its hash. */
char *demangle(const char *symbol);

/* Does the mangled name alone say that the function returns nothing? Constructors, destructors, and instances of
 * templates, which have their type in their names. */
bool demangle_tells_void(const char *symbol);

#endif
