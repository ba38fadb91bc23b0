/* cpython.h: where CPython keeps what both the shim and the analyzer read, in bytes, for the versions that are known; from
 * its headers. What only one of them reads stands in preload/python_find.c and in analyzer/models/cpython_layout.h. */
#ifndef LEAKGRAPH_CPYTHON_H
#define LEAKGRAPH_CPYTHON_H

#include <stdint.h>

/* Members of a layout, by version: frames begin at `thread_frame` of a thread, 3.11 and 3.12 by way of a _PyCFrame;
 * frame_... are of a frame, code_instructions of its code; a str's characters begin at `ascii` or, if wider, `compact`. */
#define LG_CPYTHON_3_11                                                                                      \
	.minor = 11, .thread_frame = 56, .cframe_frame = 8, .frame_code = 32, .frame_previous = 48,          \
	.code_instructions = 184, .ascii = 48, .compact = 72
#define LG_CPYTHON_3_12                                                                                      \
	.minor = 12, .thread_frame = 56, .cframe_frame = 0, .frame_code = 0, .frame_previous = 8,            \
	.code_instructions = 192, .ascii = 40, .compact = 56
#define LG_CPYTHON_3_13                                                                                      \
	.minor = 13, .thread_frame = 72, .cframe_frame = NO_CFRAME, .frame_code = 0, .frame_previous = 8,    \
	.code_instructions = 200, .ascii = 40, .compact = 56

#define NO_CFRAME UINT16_MAX /* the thread points at the frame itself */

/* The same in all of them. */
enum {
	OBJECT_TYPE = 8,
	OBJECT_SIZE = 16,
	STR_STATE = 32, /* bits 4..2: bytes a character; 5: compact; 6: ASCII */
	MODULE_NAME = 48,
	CODE_FILE = 112,
	CODE_QUALIFIED_NAME = 128,
};

#endif
