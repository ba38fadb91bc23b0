/* operators.c: C++'s operators new and delete, which some allocators (tcmalloc, jemalloc, mimalloc) serve without malloc,
 * and which must be told from malloc and free where they do not belong together.
 *
 * They are followed where the runtime or the allocator itself defines them. Where anything else does, the program has
 * operators of its own, and what they ask of malloc is what counts. In a process that starts without any, the names are
 * taken back: a C++ library that is loaded later must find what it would have found. */
#include "shim.h"
#include "sys.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

/* All of them (Itanium C++ ABI, 5.1.5): symbol, entry, which arguments behind the first are size and alignment (0: not
 * given); delete's first is the block, new's the size. */
#define NEWS(X)                                                                                              \
	X(_Znwm, NEW, 0)                                                                                     \
	X(_ZnwmRKSt9nothrow_t, NEW, 0)                                                                       \
	X(_ZnwmSt11align_val_t, NEW_ALIGNED, b)                                                              \
	X(_ZnwmSt11align_val_tRKSt9nothrow_t, NEW_ALIGNED, b)                                                \
	X(_Znam, NEW_ARRAY, 0)                                                                               \
	X(_ZnamRKSt9nothrow_t, NEW_ARRAY, 0)                                                                 \
	X(_ZnamSt11align_val_t, NEW_ARRAY_ALIGNED, b)                                                        \
	X(_ZnamSt11align_val_tRKSt9nothrow_t, NEW_ARRAY_ALIGNED, b)
#define DELETES(X)                                                                                           \
	X(_ZdlPv, DELETE, 0, 0)                                                                              \
	X(_ZdlPvm, DELETE, b, 0)                                                                             \
	X(_ZdlPvRKSt9nothrow_t, DELETE, 0, 0)                                                                \
	X(_ZdlPvSt11align_val_t, DELETE_ALIGNED, 0, b)                                                       \
	X(_ZdlPvmSt11align_val_t, DELETE_ALIGNED, b, c)                                                      \
	X(_ZdlPvSt11align_val_tRKSt9nothrow_t, DELETE_ALIGNED, 0, b)                                         \
	X(_ZdaPv, DELETE_ARRAY, 0, 0)                                                                        \
	X(_ZdaPvm, DELETE_ARRAY, b, 0)                                                                       \
	X(_ZdaPvRKSt9nothrow_t, DELETE_ARRAY, 0, 0)                                                          \
	X(_ZdaPvSt11align_val_t, DELETE_ARRAY_ALIGNED, 0, b)                                                 \
	X(_ZdaPvmSt11align_val_t, DELETE_ARRAY_ALIGNED, b, c)                                                \
	X(_ZdaPvSt11align_val_tRKSt9nothrow_t, DELETE_ARRAY_ALIGNED, 0, b)

enum operator{
#define X(symbol, ...) OPERATOR_##symbol,
	NEWS(X) OPERATOR_NEWS,
	OPERATOR_LAST_NEW = OPERATOR_NEWS - 1,
	DELETES(X)
#undef X
	    OPERATORS
};

/* Each takes three arguments at most, in registers (x86-64 psABI, 3.2.3): what is not one's own is passed on as it is. */
typedef void *next_operator(uintptr_t, uintptr_t, uintptr_t);

/* Until the first call has found the real ones, and where there are none. */
static void *early_new(uintptr_t size, uintptr_t b, uintptr_t c)
{
	(void)b, (void)c;
	return real.malloc(size ? size : 1);
}

static void *early_delete(uintptr_t p, uintptr_t b, uintptr_t c)
{
	(void)b, (void)c;
	if (!boot_contains((void *)p))
		real.free((void *)p);
	return NULL;
}

static next_operator *next[OPERATORS] = {
	[0 ... OPERATOR_LAST_NEW] = early_new,
	[OPERATOR_NEWS... OPERATORS - 1] = early_delete,
};
static bool are_followed; /* written once, while the process boots */

/* ---- the hooks --------------------------------------------------------------------------------------- */

static inline bool passes_by(const uint64_t *frame)
{
	return unlikely(!are_followed) || (unlikely(self.inside) && operators_contain(frame[1]));
}

/* What the real operator calls is silent. A new handler or a signal handler may call anything: that is not. If it throws or
 * jumps away, `inside` stays set, which means nothing to calls from elsewhere. */
static inline __attribute__((always_inline)) void *make(enum operator o, uintptr_t size, uintptr_t b,
							uintptr_t c, size_t alignment, enum lg_entry entry,
							const uint64_t *frame)
{
	if (passes_by(frame))
		return next[o](size, b, c);
	bool was_inside = self.inside;
	self.inside = true;
	void *p = next[o](size, b, c);
	self.inside = was_inside;
	if (unlikely(!p))
		return p;
	if (alignment)
		emit_alloc_aligned(p, size, alignment, entry, frame);
	else
		emit_alloc(LG_EV_ALLOC, p, size, entry, frame);
	return p;
}

static inline __attribute__((always_inline)) void end(enum operator o, void *p, uintptr_t b, uintptr_t c,
						      size_t size, size_t alignment, enum lg_entry entry,
						      const uint64_t *frame)
{
	if (!p || passes_by(frame)) {
		next[o]((uintptr_t)p, b, c);
		return;
	}
	if (is_watching())
		watch_end(p);
	emit_free_given(p, size, alignment, entry, frame);
	bool was_inside = self.inside;
	self.inside = true;
	next[o]((uintptr_t)p, b, c);
	self.inside = was_inside;
}

#define X(symbol, entry, alignment)                                                                          \
	EXPORT void *symbol(uintptr_t size, uintptr_t b, uintptr_t c);                                       \
	EXPORT void *symbol(uintptr_t size, uintptr_t b, uintptr_t c)                                        \
	{                                                                                                    \
		return make(OPERATOR_##symbol, size, b, c, alignment, LG_ENTRY_##entry, HOOK_FRAME);         \
	}
NEWS(X)
#undef X

#define X(symbol, entry, size, alignment)                                                                    \
	EXPORT void symbol(void *p, uintptr_t b, uintptr_t c);                                               \
	EXPORT void symbol(void *p, uintptr_t b, uintptr_t c)                                                \
	{                                                                                                    \
		end(OPERATOR_##symbol, p, b, c, size, alignment, LG_ENTRY_##entry, HOOK_FRAME);              \
	}
DELETES(X)
#undef X

/* ---- finding the real ones --------------------------------------------------------------------------- */

static const struct {
	const char *name;
	void *hook;
} table[OPERATORS] = {
#define X(symbol, ...) [OPERATOR_##symbol] = { #symbol, (void *)symbol },
	NEWS(X) DELETES(X)
#undef X
};

#define CODE_BYTES 256u /* the largest of libstdc++'s has 100; the next functions are its other operators */

bool operators_contain(uint64_t pc)
{
	if (in_shim(pc)) /* where the real operator jumps on to malloc, free or another operator */
		return true;
	for (unsigned o = 0; o < OPERATORS; o++)
		if (pc - (uint64_t)next[o] < CODE_BYTES)
			return true;
	return false;
}

static bool is_runtime(const char *file)
{
	const char *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file;

	return !strncmp(name, "libstdc++.so", 12) || !strncmp(name, "libc++.so", 9) ||
	       !strncmp(name, "libc++abi.so", 12);
}

/* Names of ours, each with its place in our symbol table. */
struct symbols {
	ElfW(Sym) * of[OPERATORS];
	unsigned count;
};

/* Makes the loader pass over names of ours: undefined symbols answer no look-up (glibc elf/dl-lookup.c, check_match). */
static void take_back(const struct symbols *s)
{
	ElfW(Sym) *first = s->count ? s->of[0] : NULL, *last = first;

	for (unsigned i = 1; i < s->count; i++) {
		first = s->of[i] < first ? s->of[i] : first;
		last = s->of[i] > last ? s->of[i] : last;
	}
	char *page = (char *)((uintptr_t)first & -(uintptr_t)LG_PAGE);
	size_t bytes = (size_t)((char *)(last + 1) - page);
	if (!first || sys_mprotect(page, bytes, PROT_READ | PROT_WRITE))
		return;
	for (unsigned i = 0; i < s->count; i++) {
		s->of[i]->st_value = 0;
		s->of[i]->st_shndx = SHN_UNDEF;
	}
	sys_mprotect(page, bytes, PROT_READ);
}

static bool holds(const struct link_map *m, const void *function)
{
	struct dl_find_object o;

	return !_dl_find_object((void *)(uintptr_t)function, &o) && o.dlfo_link_map == m;
}

static bool is_expected(const struct link_map *m)
{
	return is_runtime(m->l_name) || holds(m, (const void *)real.malloc);
}

/* Calls of the real operators come to us at once. A preload between them and us, as heaptrack's is when it was put in
 * front, hides whose they are. */
static bool is_called_directly(const struct link_map *ours)
{
	static const char *const called[] = { "malloc", "free", "aligned_alloc" };
	void *function;

	for (unsigned i = 0; i < sizeof called / sizeof *called; i++)
		if (symbol_definer(_r_debug.r_map, called[i], &function) != ours)
			return false;
	return true;
}

void operators_find(void)
{
	struct dl_find_object o;
	const struct link_map *ours;
	void *function, *first;
	struct symbols absent = { .count = 0 };
	bool found_any = false;

	if (_dl_find_object((void *)operators_find, &o))
		return;
	ours = o.dlfo_link_map;
	are_followed = is_called_directly(ours);
	for (unsigned i = 0; i < OPERATORS; i++) {
		const char *name = table[i].name;
		const struct link_map *module = symbol_definer(ours->l_next, name, &function);

		if (!module) {
			absent.of[absent.count++] = (ElfW(Sym) *)(uintptr_t)symbol_in(ours, name, STT_FUNC);
			continue;
		}
		next[i] = (next_operator *)function;
		/* An executable's own come before ours. */
		are_followed &= is_expected(module) && symbol_definer(_r_debug.r_map, name, &first) == ours;
		found_any = true;
	}
	are_followed &= found_any;
	take_back(&absent);
}
