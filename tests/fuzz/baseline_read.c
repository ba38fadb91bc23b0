/* baseline_read.c: any bytes as a baseline. It is refused with the file and the line, or read; then it is sorted, and what
 * is written of it is read back the same. */
#include "replay.h"
#include "report/baseline.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void are_equal(const struct baseline *a, const struct baseline *b)
{
	claim(a->n == b->n);
	for (uint32_t i = 0; i < a->n; i++) {
		const struct baseline_entry *x = &a->at[i], *y = &b->at[i];

		claim(!i || strcmp(x[-1].strict, x->strict) < 0);
		claim(!strcmp(x->strict, y->strict) && !strcmp(x->loose, y->loose) &&
		      !strcmp(x->kind, y->kind));
		claim(x->most.blocks == y->most.blocks && x->most.bytes == y->most.bytes);
	}
}

static void write_and_read(const struct baseline *b)
{
	struct baseline again = { 0 };
	struct err err = { "" };
	char path[] = "/tmp/leakgraph-fuzz.XXXXXX";
	int fd = mkstemp(path);

	claim(fd >= 0 && !baseline_write(b, path, &err));
	claim(!baseline_read(&again, path, &err));
	are_equal(b, &again);
	baseline_free(&again);
	close(fd);
	unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct baseline b = { 0 };
	struct err err = { "" };
	char path[64];
	int fd = memfd_create("baseline", MFD_CLOEXEC);

	claim(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (baseline_read(&b, path, &err))
		claim(!strncmp(err.text, path, strlen(path)) && !strchr(err.text, '\n'));
	else
		write_and_read(&b);
	baseline_free(&b);
	close(fd);
	return 0;
}
