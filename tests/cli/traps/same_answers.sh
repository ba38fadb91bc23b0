# Every entry point gives the very answers that it gives alone: pointers or none, alignment, usable size, errno.
cat >answers.c <<'C'
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define SAY(call, ...) do { errno = 77; void *p = (call); int e = errno; \
	printf("%-34s %s %u %zu %d\n", #call, p ? "p" : "-", (unsigned)((uintptr_t)p & 15), p ? malloc_usable_size(p) : 0, e); \
	__VA_ARGS__; errno = 78; free(p); if (errno != 78) puts("free lost errno"); } while (0)
int main(void)
{
	volatile size_t sizes[] = { 0, 1, 7, 8, 24, 25, 1000, 4096, 131072, 1 << 20, SIZE_MAX / 2, SIZE_MAX - 8, SIZE_MAX };
	for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		size_t n = sizes[i];
		printf("%zx\n", n);
		SAY(malloc(n));
		SAY(calloc(n, 1));
		SAY(calloc(n, 3));
		SAY(calloc(n, SIZE_MAX / 3));
		SAY(realloc(NULL, n));
		SAY(reallocarray(NULL, n, 5));
		SAY(reallocarray(NULL, 5, n));
		SAY(memalign(64, n));
		SAY(memalign(48, n));
		SAY(aligned_alloc(4096, n));
		SAY(aligned_alloc(0, n));
		SAY(valloc(n));
		SAY(pvalloc(n));
		for (volatile size_t alignment = 0; alignment < 9000; alignment = alignment ? alignment * 2 : 1) {
			void *p = (void *)0x123;
			errno = 77;
			int error = posix_memalign(&p, alignment, n), kept = errno;
			printf("posix_memalign %zu %d %d %s %d\n", alignment, error, kept, error ? p == (void *)0x123 ? "kept" : "changed" : "set",
			       !error && (uintptr_t)p % alignment);
			free(error ? NULL : p);
		}
		char *block = malloc(40);
		strcpy(block, "contents");
		errno = 77;
		char *q = realloc(block, n);
		printf("realloc %s %d %s\n", q ? "p" : "-", errno, q && n > 8 ? q : "");
		free(q ? q : n ? block : NULL);
	}
	char *slack = malloc(25);
	memset(slack, 1, malloc_usable_size(slack)); /* all of it is the program's */
	slack = realloc(slack, 60);
	printf("%d %d\n", slack[24], slack[39]);
	free(slack);
	free(NULL);
	return 0;
}
C
gcc -O0 -w -fno-builtin -o answers answers.c
./answers >native
[ "$(wc -l <native)" -gt 300 ] || fails "only $(wc -l <native) cases"
"$LG" check --json=r.json -- ./answers >traced 2>err || fails "exit status $?: $(tail -n 1 err)"
cmp native traced || fails "$(diff native traced | head -n 3 | tail -n 1)"
[ "$(json r.json '.processes[0].heap_errors | length')" = 0 ] || fails "heap errors where there are none"
