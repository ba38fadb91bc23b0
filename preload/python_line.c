/* python_line.c: a line of Python source, from the table of its code (CPython 3.11 on, Objects/locations.md). The table is
 * the program's memory, so any bytes at all are an answer or none. */
#include "shim.h"

#define ENTRY_BEGINS 0x80u /* in the first byte of an entry only */
#define UNIT 2u /* bytes of code that an entry counts by */

enum kind {
	KIND_ONE_LINE = 10,
	KIND_NO_COLUMNS = 13,
	KIND_LONG = 14,
	KIND_NONE = 15
}; /* below 10: same line */

/* Six bits a byte, the lowest first; bit 6: there are more. The sign is the lowest of all. */
static int64_t read_signed(const uint8_t *at, const uint8_t *end)
{
	uint64_t value = 0;

	for (unsigned shift = 0; at < end && shift < 60; shift += 6, at++) {
		value |= (uint64_t)(*at & 63) << shift;
		if (!(*at & 64))
			break;
	}
	return value & 1 ? -(int64_t)(value >> 1) : (int64_t)(value >> 1);
}

static int64_t lines_passed(unsigned kind, const uint8_t *rest, const uint8_t *end)
{
	if (kind == KIND_NONE || kind < KIND_ONE_LINE)
		return 0;
	return kind < KIND_NO_COLUMNS ? (int64_t)kind - KIND_ONE_LINE : read_signed(rest, end);
}

static uint32_t line_of(uint64_t line)
{
	return line > LG_PYTHON_LINE_MAX ? 0 : (uint32_t)line;
}

/* Instructions without a line are those that a function makes its cells by: then it is where the function begins. */
uint32_t python_line(const uint8_t *table, uint64_t n, uint32_t first_line, uint64_t offset)
{
	const uint8_t *at = table, *end = table + n;
	uint64_t line = first_line, covered = 0;

	while (at < end && *at & ENTRY_BEGINS) {
		unsigned kind = *at >> 3 & 15;

		covered += ((*at & 7) + 1) * UNIT;
		line += (uint64_t)lines_passed(kind, ++at, end);
		if (offset < covered)
			return line_of(kind == KIND_NONE ? first_line : line);
		while (at < end && !(*at & ENTRY_BEGINS))
			at++;
	}
	return 0;
}
