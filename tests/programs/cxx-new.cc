/* cxx-new.cc: one block lost by each operator new: plain, array, nothrow, aligned, and both at once; one of a class
 * with a vtable; frees by sized and aligned delete. One event each, of the size that the program asked for, however
 * libstdc++ gets its memory. */
// expect: direct=7/536 cycle=0/0 indirect=0/0 possible=0/0
// site: direct shapes::Square::make @square
// more: [.processes[0].leaks[].sizes[]] | sort == [16, 24, 40, 48, 56, 96, 256]
// more: .processes[0].heap_errors == []
#include "victim.h"

#include <new>

namespace shapes
{
struct Shape {
	virtual ~Shape() = default;
	virtual int corners() const = 0;
};
struct Square : Shape {
	long side = 3;
	int corners() const override { return 4; }
	NOINLINE static void make(long side);
};

NOINLINE void Square::make(long side)
{
	Square *s = new Square; /* @square */
	s->side = side;
	escape(s);
}
} // namespace shapes

struct alignas(128) Wide {
	char bytes[256];
};

template <class T> NOINLINE static void plant(T *p)
{
	escape(p);
}

NOINLINE static void plant_all()
{
	shapes::Square::make(7);
	plant(static_cast<char *>(::operator new(24)));
	plant(new char[40]);
	plant(new (std::nothrow) char[48]);
	plant(static_cast<char *>(::operator new(56, std::nothrow)));
	plant(static_cast<char *>(::operator new(96, std::align_val_t(64))));
	plant(new (std::nothrow) Wide);
}

NOINLINE static void free_all()
{
	long *one = new long(1);
	escape(one);
	delete one;
	long *many = new long[10];
	escape(many);
	delete[] many;
	Wide *wide = new Wide;
	escape(wide);
	delete wide;
}

int main()
{
	plant_all();
	free_all();
	return 0;
}
