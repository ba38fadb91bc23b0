# Nothing that is allocated before main or after it is missed: a library's constructor starts a thread that allocates
# while it does so itself, before the shim's own constructor; its destructor frees after main. Then the same in a C
# program that brings in a C++ plugin which throws, all names bound at once, and no room for the shim's thread-local data.
cat >library.c <<'C'
#include <pthread.h>
#include <stdlib.h>
static void *kept[100], *threads[100];
static void *fill(void *to)
{
	for (int i = 0; i < 100; i++)
		((void **)to)[i] = malloc(1000 + i);
	return NULL;
}
__attribute__((constructor)) static void begin(void)
{
	pthread_t t;
	pthread_create(&t, NULL, fill, threads);
	fill(kept);
	pthread_join(t, NULL);
}
__attribute__((destructor)) static void end(void)
{
	for (int i = 0; i < 100; i++) {
		free(kept[i]);
		free(threads[i]);
	}
}
int library(void) { return kept[99] != NULL; }
C
gcc -O0 -shared -fPIC -fno-builtin -o liblibrary.so library.c
printf 'extern "C" int plug(void) { try { throw 42; } catch (int n) { return n; } }\n' | g++ -shared -fPIC -x c++ -o plug.so -
program app '#include <dlfcn.h>
int library(void); static __thread char hog[1024]; int main(void) { hog[1] = 1; if (!library()) return 1;
	for (int i = 0; i < 5; i++) { void *l = dlopen("./plug.so", RTLD_NOW); int (*f)(void) = l ? (int (*)(void))dlsym(l, "plug") : NULL;
		if (!f || f() != 42) return 2; if (i % 2) dlclose(l); } return 0; }' -L. -llibrary '-Wl,-rpath,$ORIGIN'
for setting in NOTHING=1 LD_BIND_NOW=1 GLIBC_TUNABLES=glibc.rtld.optional_static_tls=0 GLIBC_TUNABLES=glibc.malloc.tcache_count=0; do
	exits 0 env "$setting" "$LG" run -o t.lgt -- ./app
	"$LG" dump t.lgt | grep -Ec 'alloc.* size=10[0-9][0-9] |alloc.* 10[0-9][0-9] ' >count || :
	[ "$(cat count)" = 200 ] || fails "$setting: $(cat count) of 200 allocations were seen"
	"$LG" report --json t.lgt >r.json
	[ "$(json r.json '.processes[0] | "\(.verdict) \(.summary.direct.blocks)"')" = 'complete 0' ] || fails "$setting: $(json r.json '.processes[0].summary')"
	rm t.lgt
done
