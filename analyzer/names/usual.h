/* usual.h: names of C++ and Rust as programmers write them.
 *
 * "std::string" for std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >: without what the
 * library's templates take when nobody says otherwise, without the library's inner scopes, and without the blanks between
 * closing brackets. What nobody knows stays as it is: two types never get one name but by what is left out here. */
#ifndef LG_NAMES_USUAL_H
#define LG_NAMES_USUAL_H

/* An owned string (free it), or NULL: no memory. */
char *usual_name(const char *name);
/* Of a type that is no template: "unsigned long" for "long unsigned int". */
const char *usual_number(const char *name);

#endif
