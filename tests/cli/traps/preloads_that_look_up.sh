# A preload behind the shim has a malloc of its own that looks for the next one when it is first called, by dlsym and by
# its failing way, which allocates. Another takes dlsym's place and allocates in it, so that the shim, which is looking
# for the next functions then, serves blocks from its own arena; the program grows and frees them later. What the arena has
# no room for is not there.
cat >behind.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
static char early[65536];
static size_t used;
static _Thread_local int finding;
static int is_early(void *p) { return (char *)p >= early && (char *)p < early + sizeof early; }
static void *take(size_t n) { return early + ((used += (n + 31) & ~15UL) - ((n + 31) & ~15UL)); }
static void *find(const char *name)
{
	finding++;
	dlsym(RTLD_NEXT, "no such name");
	dlerror();
	void *found = dlsym(RTLD_NEXT, name);
	finding--;
	return found;
}
#define NEXT(type, name) static __typeof__(type) *real; if (!real && !finding) real = find(name)
void *malloc(size_t n)
{
	NEXT(void *(size_t), "malloc");
	return real ? real(n) : take(n);
}
void *calloc(size_t n, size_t size)
{
	NEXT(void *(size_t, size_t), "calloc");
	return real ? real(n, size) : take(n * size);
}
void *realloc(void *p, size_t n)
{
	NEXT(void *(void *, size_t), "realloc");
	return is_early(p) || !real ? memcpy(take(n), p ? p : early, p ? n : 0) : real(p, n);
}
void free(void *p)
{
	NEXT(void(void *), "free");
	if (real && !is_early(p))
		real(p);
}
C
gcc -O0 -shared -fPIC -fno-builtin -o behind.so behind.c
cat >dlsym.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
char *taken[64], *large, *aligned;
int ntaken;
void *dlsym(void *handle, const char *name)
{
	static void *(*real)(void *, const char *);
	if (!real)
		real = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
	if (ntaken < 64 && (taken[ntaken] = ntaken % 2 ? calloc(3, 8) : malloc(40)))
		strcpy(taken[ntaken++], "kept");
	if (!large && (large = malloc(65530)))
		memset(large, 'l', 65530);
	if (!aligned)
		aligned = memalign(1 << 20, 100);
	return real(handle, name);
}
C
gcc -O0 -shared -fPIC -fno-builtin -o libdlsym.so dlsym.c
program app 'extern char *taken[], *large, *aligned; extern int ntaken; int main(void) { void *p[100]; for (int i = 0; i < 100; i++) p[i] = calloc(1, 24);
	for (int i = 0; i < 100; i++) free(p[i]);
	for (int i = 0; i < ntaken; i++) { if (strcmp(taken[i], "kept")) return 1; if (i % 3) taken[i] = realloc(taken[i], 5000);
		if (strcmp(taken[i], "kept")) return 2; free(taken[i]); }
	if (large && (large = realloc(large, 70000))[65529] != 108) return 3;
	free(large); free(aligned);
	printf("%d\n", ntaken); return 0; }' -fno-builtin -include string.h -L. -ldlsym '-Wl,-rpath,$ORIGIN'
program lost 'int main(void) { return malloc(9) == NULL; }' -O0
exits 0 ./app
for preload in '' "$PWD/behind.so"; do
	exits 0 env LD_PRELOAD="$preload" "$LG" check --json=r.json -- ./app
	[ "$(json r.json '.processes[0].verdict')" = complete ] || fails "LD_PRELOAD=$preload: $(json r.json '.processes[0].verdict_reasons[]')"
	[ "$(cat out)" -gt 8 ] || fails "$(cat out) blocks were allocated while the shim looked for the next functions"
	exits 23 env LD_PRELOAD="$preload" "$LG" check -- ./lost
done
