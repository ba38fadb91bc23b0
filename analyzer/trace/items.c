/* items.c: see items.h. The count is the word before the items, which are aligned to where they begin (Itanium C++ ABI,
 * 2.7). The same as Memcheck's heuristics "newarray" and "length64", where the count may be a length: of elements of one
 * byte. */
#include "trace/items.h"

uint64_t items_counted(const struct trace_snapshot *s, uint64_t start, uint64_t bytes, uint64_t offset)
{
	uint64_t n;

	if (!items_may_begin(offset) || bytes <= offset || !snapshot_word(s, start + offset - 8, &n) || !n ||
	    (bytes - offset) % n)
		return 0;
	return offset == 8 || (bytes - offset) / n % offset == 0 ? n : 0;
}
