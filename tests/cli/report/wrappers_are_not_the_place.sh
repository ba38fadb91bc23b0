# Who calls malloc by the program's own name for it is the place, not the wrapper; unless there is nobody else.
program wraps '#include <string.h>
__attribute__((noinline)) static void *xmalloc(size_t size) { return malloc(size); }
__attribute__((noinline)) static char *app_strdup(const char *text) { return strcpy(xmalloc(strlen(text) + 1), text); }
__attribute__((noinline)) static void forget(void) { *app_strdup("twelve bytes") = 0; }
int main(void) { forget(); return 0; }'
exits 23 "$LG" check -- ./wraps
grep -q 'allocated by malloc in forget, wraps.c:7' err || fails "the place is not forget: $(cat err)"

program bare '#include <pthread.h>
static void *stralloc(void *p) { return p && !malloc(12) ? p : NULL; }
int main(void) { pthread_t t; pthread_create(&t, NULL, stralloc, &t); return pthread_join(t, NULL); }'
exits 23 "$LG" check -- ./bare
grep -q 'allocated by malloc in stralloc, bare.c:5' err || fails "the place is not stralloc: $(cat err)"
