program show 'int main(void) { const char *p = getenv("LD_PRELOAD"); return getenv("PRELOADED") && p ? 0 : 1; }'
printf '#include <stdlib.h>\n__attribute__((constructor)) static void set(void) { setenv("PRELOADED", "1", 1); }\n' >other.c
gcc -shared -fPIC -o other.so other.c
LD_PRELOAD=$PWD/other.so exits 0 "$LG" run -- ./show
