/* every-entry.c: one block lost by each entry point of malloc, 101 to 111 bytes, and three that libc allocates for the
 * caller: strdup (20), asprintf (32) and getline (120). free_sized frees, where the libc has it. */
// expect: direct=14/1338 cycle=0/0 indirect=0/0 possible=0/0
// site: direct plant_malloc @malloc
// site: direct plant_reallocarray @reallocarray
// site: direct plant_pvalloc @pvalloc
// site: direct plant_strdup @strdup
// site: direct plant_getline @getline
// more: [.processes[0].leaks[].sizes[]] | sort == [20, 32, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 120]
#define _GNU_SOURCE
#include "victim.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>

extern void free_sized(void *, size_t) __attribute__((weak));

#define PLANT(name, call)                                                                                    \
	NOINLINE static void plant_##name(void)                                                              \
	{                                                                                                    \
		void *p;                                                                                     \
		call;                                                                                        \
		escape(p);                                                                                   \
	}

PLANT(malloc, p = malloc(101)) /* @malloc */
PLANT(calloc, p = calloc(3, 34))
PLANT(realloc, p = realloc(NULL, 103))
PLANT(reallocarray, p = reallocarray(NULL, 4, 26)) /* @reallocarray */
PLANT(posix_memalign, if (posix_memalign(&p, 64, 105)) p = NULL)
PLANT(memalign, p = memalign(128, 106))
PLANT(aligned_alloc, p = aligned_alloc(64, 107))
PLANT(valloc, p = valloc(108))
PLANT(pvalloc, p = pvalloc(109)) /* @pvalloc */
PLANT(grown, p = realloc(malloc(10), 110))
PLANT(shrunk, p = realloc(malloc(5000), 111))
PLANT(strdup, p = strdup("nineteen characters")) /* @strdup */

NOINLINE static void plant_asprintf(void)
{
	char *text = NULL;

	if (asprintf(&text, "%s, %d characters", "31 of the", 31) != 24)
		abort();
	escape(text = realloc(text, 32));
}

NOINLINE static void plant_getline(FILE *file)
{
	char *line = NULL;
	size_t room = 0;

	if (getline(&line, &room, file) < 0) /* @getline */
		abort();
	escape(line);
}

NOINLINE static void free_with_size(void)
{
	void *p = malloc(24);

	escape(p);
	if (free_sized)
		free_sized(p, 24);
	else
		free(p);
}

int main(void)
{
	FILE *file = fopen("/proc/self/status", "r");

	if (!file)
		return 1;
	plant_getline(file);
	fclose(file);
	plant_malloc();
	plant_calloc();
	plant_realloc();
	plant_reallocarray();
	plant_posix_memalign();
	plant_memalign();
	plant_aligned_alloc();
	plant_valloc();
	plant_pvalloc();
	plant_grown();
	plant_shrunk();
	plant_strdup();
	plant_asprintf();
	free_with_size();
	return 0;
}
