# A program that brings its own malloc hides it from every preload: no verdict, rather than "no leaks".
program pool 'static char m[65536]; static size_t at; void *malloc(size_t n) { void *p = m + at; at += (n + 15) & ~15UL; return p; }
void free(void *p) { (void)p; } int main(void) { return malloc(24) == NULL; }' -fno-builtin -rdynamic
exits 125 "$LG" check -- ./pool
exits 125 "$LG" doctor ./pool
grep -q 'FAIL.*malloc' out
