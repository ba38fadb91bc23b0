# A program that brings its own malloc hides it from every preload: no verdict, rather than "no leaks".
program pool 'static char m[65536]; static size_t at; void *malloc(size_t n) { void *p = m + at; at += (n + 15) & ~15UL; return p; }
void free(void *p) { (void)p; } int main(void) { return malloc(24) == NULL; }' -fno-builtin -rdynamic
exits 125 "$LG" check -- ./pool
exits 125 "$LG" doctor ./pool
grep -q 'FAIL.*malloc' out
# Nor does one see what it has built in under another name, beside the malloc that is seen.
program prefixed 'static char m[65536]; static size_t at; static void *je_malloc(size_t n) { void *p = m + at; at += (n + 15) & ~15UL; return p; }
int main(void) { void *volatile p = malloc(24); free(p); return je_malloc(24) == NULL; }' -O0
exits 125 "$LG" check -- ./prefixed
grep -q 'allocator not visible: blocks of je_malloc, built into /.*; link' err || fails "$(cat err)"
exits 125 "$LG" doctor ./prefixed
grep -q 'FAIL.*je_malloc' out || fails "doctor does not tell: $(cat out)"
exits 0 "$LG" run -o t.lgt -- ./prefixed
grep -q 'allocator not visible: blocks of je_malloc' err || fails "run does not tell: $(cat err)"
strip prefixed
exits 0 "$LG" check -- ./prefixed
# Nor does the loader know of one that is hidden.
program hidden 'static char m[65536]; static size_t at; __attribute__((visibility("hidden"))) void *malloc(size_t n) { void *p = m + at; at += (n + 15) & ~15UL; return p; }
int main(void) { return malloc(24) == NULL; }' -O0 -fno-builtin
exits 125 "$LG" check -- ./hidden
grep -q 'allocator not visible: blocks of malloc, built into /.*/hidden' err || fails "$(cat err)"
# A known one's messages stay when its symbols are gone; who quotes one of them has it not.
own='static char m[65536]; static size_t at; static void *own(size_t n) { void *p = m + at; at += (n + 15) & ~15UL; return p; }
int main(int c, char **v) { (void)v; if (c > 1) puts("<jemalloc>: Error in malloc()"); if (c > 2) puts(SECOND); void *volatile p = malloc(24); free(p); return own(24) == NULL; }'
program speaks "$own" -O0 -s '-DSECOND="<jemalloc>: Error in free()"'
exits 125 "$LG" check -- ./speaks
grep -q 'allocator not visible: blocks of jemalloc, built into /.*/speaks, are not recorded; link' err || fails "$(cat err)"
exits 125 "$LG" doctor ./speaks
program quotes "$own" -O0 -s '-DSECOND="See <jemalloc>: "'
exits 0 "$LG" check -- ./quotes
# What asks a library for blocks by another name than malloc; one that only would if the library were there asks nobody.
printf '#include <stddef.h>\nstatic char m[65536]; static size_t at; void *mi_malloc(size_t n) { void *p = m + at; at += (n + 15) & ~15UL; return p; }\n' >other.c
gcc -shared -fPIC -o libother.so other.c
asks='extern void *mi_malloc(size_t) ATTRIBUTE; int main(void) { void *volatile p = malloc(24); free(p); return mi_malloc && !mi_malloc(24); }'
program asks "$asks" -DATTRIBUTE= -L. -lother -Wl,-rpath,"$PWD"
exits 125 "$LG" check -- ./asks
grep -q 'blocks of mi_malloc, called by /.*/asks, are not recorded' err || fails "$(cat err)"
program might "$asks" '-DATTRIBUTE=__attribute__((weak))'
exits 0 "$LG" check -- ./might
