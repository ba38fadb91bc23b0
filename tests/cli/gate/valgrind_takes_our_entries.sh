# Entries of --gen-suppressions=valgrind are Valgrind's too: mangled names of C++, clones, inlined functions, allocator
# classes, functions of libraries. Both tools leave out what the entries name, and only that.
command -v valgrind >/dev/null || skip 'valgrind is not installed'
cat >app.cc <<'END'
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <vector>
#define NOINLINE __attribute__((noinline))
static void *volatile sink;
namespace shop {
template <class T> struct List {
	NOINLINE void add(int n) { sink = new T[n]; }
};
struct Order { Order() { sink = strdup("an order that is lost"); } };
inline void small(int n) { sink = malloc(n); }
}
static NOINLINE void lose_static(int n) { sink = new int[n]; }
static NOINLINE void drop(void *p) { free(p); }
int main(int argc, char **)
{
	shop::List<double>().add(3);
	shop::Order order;
	shop::small(20);
	lose_static(7);
	[](int n) { sink = new int(n); }(4);
	sink = new (std::nothrow) std::vector<int>(10);
	if (argc > 1)
		sink = calloc(1, 40);
	sink = nullptr;
	drop(new int(5)); /* a mismatch */
}
END
for level in O0 O2; do
	g++ -g -gdwarf-4 -$level -w -o app app.cc
	exits 23 "$LG" check --kinds=direct,indirect,heap-error --gen-suppressions=valgrind:own.supp -- ./app
	exits 0 "$LG" check --kinds=direct,indirect,heap-error --suppressions=own.supp -- ./app
	exits 0 valgrind -q --leak-check=full --num-callers=40 --error-exitcode=9 --suppressions=own.supp ./app
	exits 9 valgrind -q --leak-check=full --num-callers=40 --error-exitcode=9 --suppressions=own.supp ./app more
	[ "$(grep -c 'definitely lost' err)" = 1 ] && grep -q '40 bytes in 1 blocks' err || fails "$level: $(cat err)"
	exits 23 "$LG" check --kinds=direct,indirect,heap-error --suppressions=own.supp -- ./app more
	grep -q 'LEAKED 40 B in 1 block,' err || fails "$level: $(cat err)"
done
