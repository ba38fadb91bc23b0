# dlopen, dlsym and dlmopen look from where they are called: what only the caller's RUNPATH names is found, RTLD_NEXT
# begins behind the caller, $ORIGIN is the caller's folder.
mkdir plugins
echo 'int answer(void) { return 42; }' | gcc -shared -fPIC -x c -o plugins/libplug.so -
program app '
int main(void) { for (int i = 0; i < 20; i++) { void *l = i % 2 ? dlmopen(LM_ID_BASE, "libplug.so", RTLD_NOW) : dlopen("libplug.so", RTLD_LAZY);
	int (*f)(void) = l ? (int (*)(void))dlsym(l, "answer") : NULL; if (!f) return puts(dlerror()), 1; if (f() != 42 || dlclose(l)) return 2; }
	return dlsym(RTLD_NEXT, "malloc") && !dlsym(RTLD_DEFAULT, "no such name") && dlerror() ? 0 : 3; }' -Wl,--enable-new-dtags '-Wl,-rpath,$ORIGIN/plugins' -D_GNU_SOURCE -include dlfcn.h
exits 0 ./app
exits 0 "$LG" check -- ./app
