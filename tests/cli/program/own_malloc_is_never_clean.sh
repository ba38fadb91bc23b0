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
