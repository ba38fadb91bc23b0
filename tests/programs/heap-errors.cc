/* heap-errors.cc: frees that are wrong, one a run, and one run in which all are right though they look unusual. The call is
 * passed on as it is, so glibc ends the process where it does so without leakgraph. */
// build: -fsized-deallocation
// run: right
// expect: direct=0/0 cycle=0/0 indirect=0/0 possible=0/0
// more: .processes[0].heap_errors == []
// run: twice
// expect: direct=0/0
// ended: signaled SIGABRT
// more: [.processes[0].heap_errors[] | .kind, .call, .block.size, .block.allocator] == ["double-free", "free", 2000, "malloc"]
// more: .processes[0].heap_errors[0] | .stack[0].function == "drop" and .allocation_stack[0].function == "twice"
// run: twice-by-realloc
// expect: direct=0/0
// more: [.processes[0].heap_errors[] | .kind, .call, .instances] == ["double-free", "free", 1]
// ended: signaled SIGABRT
// run: twice-forgotten
// expect: direct=0/0
// more: [.processes[0].heap_errors[] | .kind, .block.size, .stack] == ["double-free", 1000, []]
// more: .processes[0].heap_errors[0].allocation_stack[0].function == "twice_forgotten"
// ended: signaled SIGABRT
// run: twice-in-child
// expect: direct=0/0
// more: .processes[0].heap_errors == []
// more: [.processes[1].heap_errors[] | .kind, .block, .stack[0].function] == ["double-free", null, "drop"]
// run: once-in-child
// expect: direct=0/0
// more: [.processes[].heap_errors[]] == []
// run: inside
// expect: direct=*
// more: [.processes[0].heap_errors[] | .kind, .block.size] == ["free-inside", 100]
// more: .processes[0].heap_errors[0] | .allocation_stack[0].function == "inside" and .stack[0].function == "drop"
// ended: signaled SIGABRT
// run: static
// expect: direct=*
// more: [.processes[0].heap_errors[] | .kind, .block, .allocation_stack] == ["free-no-block", null, null]
// ended: signaled SIGABRT
// run: stack
// expect: direct=*
// more: [.processes[0].heap_errors[] | .kind] == ["free-no-block"]
// ended: signaled SIGABRT
// run: nowhere
// expect: direct=*
// more: [.processes[0].heap_errors[] | .kind, .stack[0].function] == ["free-no-block", "drop"]
// ended: signaled SIGSEGV
// run: odd
// expect: direct=*
// more: [.processes[0].heap_errors[] | .kind, .stack[0].function] == ["free-no-block", "drop"]
// ended: signaled SIGABRT
// run: new-free
// expect: direct=0/0
// more: [.processes[0].heap_errors[] | .kind, .call, .block.size] == ["mismatch", "free", 24]
// more: .processes[0].heap_errors[0].block.allocator == "operator new(unsigned long)"
// more: .processes[0].heap_errors[0].instances == 3
// run: new-free-forgotten
// expect: direct=*
// more: [.processes[0].heap_errors[] | .kind, .call, .block.size, .stack] == ["mismatch", "free", 1000, []]
// run: array-delete
// expect: direct=0/0
// more: [.processes[0].heap_errors[] | .kind, .call] == ["mismatch", "operator delete(void*)"]
// run: malloc-delete
// expect: direct=0/0
// more: [.processes[0].heap_errors[] | .kind, .block.allocator] == ["mismatch", "malloc"]
// run: strdup-delete
// expect: direct=0/0
// more: [.processes[0].heap_errors[] | .kind, .block.allocator] == ["mismatch", "malloc"]
// run: new-realloc
// expect: direct=0/0
// more: [.processes[0].heap_errors[] | .kind, .call] == ["mismatch", "realloc"]
// run: size
// expect: direct=0/0
// more: [.processes[0].heap_errors[] | .kind, .size, .block.size] == ["size-mismatch", 40, 24]
// run: alignment
// expect: direct=0/0
// more: [.processes[0].heap_errors[] | .kind, .alignment, .block.alignment] == ["alignment-mismatch", 32, 64]
// run: size-forgotten
// expect: direct=*
// more: [.processes[0].heap_errors[] | .kind, .size, .block.size, .stack] == ["size-mismatch", 40, 24, []]
// more: .processes[0].heap_errors[0].allocation_stack[0].function == "size_forgotten"
// run: alignment-forgotten
// expect: direct=*
// more: [.processes[0].heap_errors[] | .kind, .alignment, .block.alignment] == ["alignment-mismatch", 32, 64]
// more: .processes[0].heap_errors[0] | .allocation_stack[0].function == "alignment_forgotten" and .stack == []
// run: right-forgotten
// expect: direct=*
// more: .processes[0].heap_errors == []
// run: aligned-delete
// expect: direct=0/0
// more: [.processes[0].heap_errors[] | .kind] == ["mismatch"]
#include "victim.h"

#include <new>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct Small {
	long words[3];
};
struct Large {
	long words[5];
};
struct alignas(64) Wide {
	char bytes[64];
};

static char global[64];

/* The compiler must not see what is freed. */
template <class T> static T *hidden(T *p)
{
	T *volatile q = p;
	return q;
}

extern "C" NOINLINE void drop(void *p)
{
	free(p);
	__asm__ volatile(""); /* no tail call */
}

extern "C" NOINLINE void twice()
{
	void *p = hidden(malloc(2000)), *above = hidden(malloc(10)); /* no merging with the top */
	drop(p);
	drop(p);
	free(above);
}

extern "C" NOINLINE void twice_by_realloc()
{
	char *p = static_cast<char *>(hidden(malloc(2000))), *above = static_cast<char *>(hidden(malloc(10)));
	void *moved = hidden(realloc(p, 20000));
	drop(p);
	free(moved);
	free(above);
}

/* The parent's blocks are the child's too, to be freed in each once. */
extern "C" NOINLINE void in_child(bool is_twice)
{
	static void *blocks[10];

	for (void *&block : blocks)
		block = hidden(malloc(2000));
	if (!fork()) {
		for (void *block : blocks)
			drop(block);
		if (is_twice)
			drop(blocks[3]);
		_exit(0);
	}
	wait(nullptr);
	for (void *block : blocks)
		drop(block);
}

/* Blocks everywhere, so that whoever remembers few of them has forgotten the first. */
extern "C" NOINLINE void fill_memory()
{
	static void **chain;

	for (int i = 0; i < 600000; i++) {
		void **link = static_cast<void **>(malloc(24));
		*link = chain;
		chain = link;
	}
}

extern "C" NOINLINE void twice_forgotten()
{
	void *p = hidden(malloc(1000));

	drop(p);
	fill_memory();
	drop(p);
}

extern "C" NOINLINE void inside()
{
	drop(static_cast<char *>(hidden(malloc(100))) + 32);
}

NOINLINE static void free_stack()
{
	alignas(16) volatile char local[64] = {}; /* what libc says depends on it */
	drop(hidden(const_cast<char *>(local) + 16));
}

NOINLINE static void new_free_forgotten()
{
	void *p = hidden(::operator new(1000));

	fill_memory();
	drop(p);
}

extern "C" NOINLINE void size_forgotten()
{
	Small *p = hidden(new Small);

	fill_memory();
	delete reinterpret_cast<Large *>(p);
}

extern "C" NOINLINE void alignment_forgotten()
{
	void *p = hidden(::operator new(64, std::align_val_t(64)));

	fill_memory();
	::operator delete(p, std::align_val_t(32));
}

/* Sizes and alignments of all kinds, by turns, in a heap too large to be remembered. */
NOINLINE static void right_forgotten()
{
	const size_t n = 1000;
	static Small *small[n];
	static Wide *wide[n];
	static char *odd[n], *plain[n];

	for (size_t i = 0; i < n; i++) {
		small[i] = new Small;
		wide[i] = new Wide[i % 3 + 1];
		odd[i] = static_cast<char *>(::operator new(i, std::align_val_t(32)));
		plain[i] = static_cast<char *>(malloc(i));
	}
	fill_memory();
	for (size_t i = 0; i < n; i++) {
		delete hidden(small[i]);
		delete[] hidden(wide[i]);
		::operator delete(hidden(odd[i]), i, std::align_val_t(32));
		free(hidden(plain[i]));
	}
}

NOINLINE static void new_free()
{
	for (volatile int i = 0; i < 3; i = i + 1) /* one place: not unrolled */
		drop(hidden(new Small));
}

/* All operators, an exception, a block moved twice, nothing at all, memory that libc allocated. */
NOINLINE static void all_right()
{
	for (unsigned i = 0; i < 100; i++) {
		delete hidden(new Small);
		delete[] hidden(new Small[i]);
		delete hidden(new Wide);
		delete[] hidden(new Wide[i % 3 + 1]);
		::operator delete(hidden(::operator new(i, std::nothrow)), std::nothrow);
		::operator delete(hidden(::operator new(i, std::align_val_t(32))), std::align_val_t(32));
		free(realloc(hidden(realloc(hidden(malloc(i)), i + 100)), 10000));
		free(hidden(realloc(hidden(malloc(10)), 0)));
		free(strdup("libc's"));
	}
	try {
		drop(hidden(::operator new(size_t(1) << 60)));
	} catch (const std::bad_alloc &) {
		delete hidden(new Small);
	}
	drop(nullptr);
	delete hidden(static_cast<Small *>(nullptr));
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "right";

	if (!strcmp(what, "right"))
		all_right();
	else if (!strcmp(what, "twice"))
		twice();
	else if (!strcmp(what, "twice-by-realloc"))
		twice_by_realloc();
	else if (!strcmp(what, "twice-in-child") || !strcmp(what, "once-in-child"))
		in_child(*what == 't');
	else if (!strcmp(what, "twice-forgotten"))
		twice_forgotten();
	else if (!strcmp(what, "inside"))
		inside();
	else if (!strcmp(what, "static"))
		drop(hidden(global + 16));
	else if (!strcmp(what, "stack"))
		free_stack();
	else if (!strcmp(what, "nowhere"))
		drop(hidden(reinterpret_cast<void *>(0x1234567000)));
	else if (!strcmp(what, "odd"))
		drop(hidden(
		    static_cast<char *>(mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) +
		    35));
	else if (!strcmp(what, "new-free"))
		new_free();
	else if (!strcmp(what, "new-free-forgotten"))
		new_free_forgotten();
	else if (!strcmp(what, "array-delete"))
		delete hidden(new Small[3]);
	else if (!strcmp(what, "malloc-delete"))
		delete static_cast<Small *>(hidden(malloc(24)));
	else if (!strcmp(what, "strdup-delete"))
		delete static_cast<Small *>(hidden(static_cast<void *>(strdup("twenty-three characters"))));
	else if (!strcmp(what, "new-realloc"))
		free(hidden(realloc(hidden(static_cast<void *>(new Small)), 100)));
	else if (!strcmp(what, "size"))
		delete reinterpret_cast<Large *>(hidden(new Small));
	else if (!strcmp(what, "alignment"))
		::operator delete(hidden(::operator new(64, std::align_val_t(64))), std::align_val_t(32));
	else if (!strcmp(what, "size-forgotten"))
		size_forgotten();
	else if (!strcmp(what, "alignment-forgotten"))
		alignment_forgotten();
	else if (!strcmp(what, "right-forgotten"))
		right_forgotten();
	else if (!strcmp(what, "aligned-delete"))
		::operator delete(hidden(static_cast<void *>(new Wide)));
	return 0;
}
