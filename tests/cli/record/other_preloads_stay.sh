program show 'int main(void) { const char *p = getenv("LD_PRELOAD"); return getenv("PRELOADED") && p ? 0 : 1; }'
printf '#include <stdlib.h>\n__attribute__((constructor)) static void set(void) { setenv("PRELOADED", "1", 1); }\n' >other.c
gcc -shared -fPIC -o other.so other.c
LD_PRELOAD=$PWD/other.so exits 0 "$LG" run -- ./show

# One that a script puts in front passes calls of new on to malloc: each is told once, also where it ends.
cat >front.c <<'C'
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
void *malloc(size_t n) { return NEXT(malloc)(n); }
void free(void *p) { NEXT(free)(p); }
C
gcc -D_GNU_SOURCE -O0 -shared -fPIC -fno-builtin -include stdlib.h -include dlfcn.h -o front.so front.c
printf '#include <string>\nint main() { std::string *volatile p = new std::string(100, 0); delete p; p = new std::string(50, 0); p = nullptr; return 0; }\n' >new.cc
g++ -O0 -g -o new new.cc
# shellcheck disable=SC2016
exits 23 "$LG" check --kinds=direct,heap-error --json=r.json -- sh -c 'LD_PRELOAD=./front.so:$LD_PRELOAD exec ./new'
[ "$(json r.json '.processes[1] | "\(.verdict) \(.summary.direct.blocks) \(.totals.implied_frees) \(.heap_errors | length)"')" = 'complete 1 0 0' ] ||
	fails "$(json r.json '.processes[1] | .verdict_reasons, .heap_errors')"
# One that keeps the calls leaves nothing to be seen: no verdict, rather than "no leaks".
cat >keeper.c <<'C'
static char m[1 << 20]; static size_t at;
void *malloc(size_t n) { void *p = m + at; at += (n + 15) & ~15UL; return p; }
void *calloc(size_t n, size_t each) { return malloc(n * each); }
void *realloc(void *p, size_t n) { (void)p; return malloc(n); }
void free(void *p) { (void)p; }
C
gcc -O0 -shared -fPIC -fno-builtin -include stddef.h -o keeper.so keeper.c
for flag in -pie -no-pie; do
	program keep 'int main(void) { return malloc(24) == NULL; }' -O0 $flag
	# shellcheck disable=SC2016
	exits 125 "$LG" check -- sh -c 'LD_PRELOAD=./keeper.so:$LD_PRELOAD exec ./keep'
	grep -q 'preloaded before leakgraph.*; set LD_PRELOAD for leakgraph' err || fails "$(cat err)"
done
# What takes the address of malloc is not taken for one.
program address 'void *(*volatile own)(size_t) = malloc; int main(void) { return 0; }' -no-pie
exits 0 "$LG" check -- ./address
