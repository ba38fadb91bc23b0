# operators_of_others_stay: a program's or a plug-in's own operators new and delete are called as without leakgraph
cat >own.cc <<'C'
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <new>
static std::size_t made, ended;
void *operator new(std::size_t n) { made++; char *p = static_cast<char *>(std::malloc(n + 16)); return p + 16; }
void operator delete(void *p) noexcept { ended++; std::free(static_cast<char *>(p) - 16); }
void operator delete(void *p, std::size_t) noexcept { operator delete(p); }
extern "C" int go()
{
	for (int i = 0; i < 5; i++) {
		long *volatile one = new long, *volatile many = new long[4];
		delete one;
		delete[] many;
	}
	std::printf("%zu made, %zu ended\n", made, ended);
	return made >= 5 && made == ended ? 0 : 1;
}
#ifndef PLUGIN
int main() { return go(); }
#endif
C
g++ -std=c++17 -g -o own own.cc
g++ -std=c++17 -g -shared -fPIC -DPLUGIN -o plugin.so own.cc
cat >plain.cc <<'C'
#include <stdexcept>
extern "C" int go()
{
	long *volatile p = new long;
	delete p;
	try { throw std::runtime_error("thrown"); } catch (const std::exception &) { return 0; }
}
C
g++ -std=c++17 -g -shared -fPIC -o plain.so plain.cc
# Of a C program no name is in the way of what a plug-in brings along.
program host 'int main(int argc, char **argv) { void *h = dlopen(argv[argc - 1], RTLD_NOW | RTLD_LOCAL); int (*go)(void);
	if (!h || dlsym(RTLD_DEFAULT, "_Znwm")) return 2; *(void **)&go = dlsym(h, "go"); return go(); }' -include dlfcn.h -D_GNU_SOURCE
for command in ./own './host ./plugin.so' './host ./plain.so'; do
	# shellcheck disable=SC2086
	{ $command >native.out || fails "$command fails by itself"; }
	# shellcheck disable=SC2086
	exits 0 "$LG" check --kinds=direct,heap-error -- $command
	cmp native.out out || fails "$command: $(cat out)"
done
# A program with the runtime linked in and hidden ends a library's blocks by free: no mismatch.
printf 'long *make() { return new long; }\n' >make.cc
g++ -shared -fPIC -o libmake.so make.cc
printf '#include <stdexcept>\nlong *make();\nint main() { delete make(); try { throw std::runtime_error("x"); } catch (std::exception &) {} return 0; }\n' >ends.cc
g++ -static-libstdc++ -static-libgcc -o ends ends.cc -Wl,--exclude-libs,ALL -L. -lmake -Wl,-rpath,"$PWD"
exits 0 "$LG" check --kinds=direct,heap-error --json=r.json -- ./ends
[ "$(json r.json '.processes[0].verdict')" = complete ] || fails "$(json r.json '.processes[0].verdict_reasons')"
