/* replay.h: runs the files named on the command line once each, in place of a fuzzer; any compiler, -DLG_FUZZ_REPLAY. */
#ifndef LG_FUZZ_REPLAY_H
#define LG_FUZZ_REPLAY_H

#include "base/buf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static inline void claim(bool holds)
{
	if (!holds)
		abort();
}

static inline bool read_whole(struct buf *b, const char *path)
{
	uint8_t part[4096];
	FILE *file = fopen(path, "rb");

	for (size_t n; file && (n = fread(part, 1, sizeof part, file)) > 0;)
		buf_put(b, part, n);
	return file && !fclose(file) && !b->failed;
}

#ifdef LG_FUZZ_REPLAY
static void replay(const char *path)
{
	struct buf b = { 0 };

	if (!read_whole(&b, path)) {
		perror(path);
		exit(2);
	}
	LLVMFuzzerTestOneInput(b.bytes, b.used);
	buf_free(&b);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	printf("%s: %d inputs replayed\n", program_invocation_short_name, argc - 1);
	return 0;
}
#endif

#endif
