/* frames.c: see frames.h. */
#include "report/frames.h"

#include "report/spelling.h"

#include <stdlib.h>
#include <string.h>

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(word, *words))
			return true;
	return false;
}

static bool starts_with_one_of(const char *word, const char *const *starts)
{
	for (; *starts; starts++)
		if (!strncmp(word, *starts, strlen(*starts)))
			return true;
	return false;
}

static bool is_entry(const char *function)
{
	static const char *const names[] = {
		"malloc",	   "calloc",	    "realloc",	      "reallocarray",
		"posix_memalign",  "memalign",	    "aligned_alloc",  "valloc",
		"pvalloc",	   "__libc_malloc", "__libc_calloc",  "__libc_realloc",
		"__libc_memalign", "operator new",  "operator new[]", NULL
	};
	static const char *const starts[] = { "operator new(", "operator new[](", NULL };

	return function && (is_one_of(function, names) || starts_with_one_of(function, starts));
}

const char *report_entry_name(uint8_t entry)
{
	static const char *const names[] = {
#define X(name, number, text) [number] = text,
		LG_ENTRIES(X)
#undef X
	};

	if (entry == ENTRY_POOL)
		return POOL_ALLOCATOR;
	return entry < sizeof names / sizeof *names ? names[entry] : "?";
}

bool frame_is_allocator(const char *function)
{
	static const char *const starts[] = { "__gnu_cxx::new_allocator<",
					      "std::__new_allocator<",
					      "std::allocator<",
					      "std::allocator_traits<",
					      "__gnu_cxx::__alloc_traits<",
					      "__rust_alloc",
					      "__rdl_alloc",
					      "__rdl_realloc",
					      "alloc::alloc::",
					      "<alloc::alloc::Global",
					      NULL };

	return is_entry(function) || (function && starts_with_one_of(function, starts));
}

const char *const *frame_operator_symbols(const char *function)
{
	static const struct {
		const char *function, *symbols[4];
	} operators[] = {
		{ "operator new(unsigned long)", { "_Znwm", "_ZnwmRKSt9nothrow_t" } },
		{ "operator new[](unsigned long)", { "_Znam", "_ZnamRKSt9nothrow_t" } },
		{ "operator new(unsigned long, std::align_val_t)",
		  { "_ZnwmSt11align_val_t", "_ZnwmSt11align_val_tRKSt9nothrow_t" } },
		{ "operator new[](unsigned long, std::align_val_t)",
		  { "_ZnamSt11align_val_t", "_ZnamSt11align_val_tRKSt9nothrow_t" } },
		{ "operator delete(void*)", { "_ZdlPv", "_ZdlPvm", "_ZdlPvRKSt9nothrow_t" } },
		{ "operator delete[](void*)", { "_ZdaPv", "_ZdaPvm", "_ZdaPvRKSt9nothrow_t" } },
		{ "operator delete(void*, std::align_val_t)",
		  { "_ZdlPvSt11align_val_t", "_ZdlPvmSt11align_val_t" } },
		{ "operator delete[](void*, std::align_val_t)",
		  { "_ZdaPvSt11align_val_t", "_ZdaPvmSt11align_val_t" } },
	};

	for (size_t i = 0; function && i < sizeof operators / sizeof *operators; i++)
		if (!strcmp(operators[i].function, function))
			return operators[i].symbols;
	return NULL;
}

bool frame_is_runtime(const char *function, const char *module)
{
	static const char *const modules[] = { "libc.so",	  "libc-2.",  "libpthread", "libm.so",
					       "libdl.so",	  "librt.so", "ld-linux",   "ld-2",
					       "libstdc++.so",	  "libc++",   "libgcc_s",   "[vdso]",
					       "liblgpreload.so", NULL };
	static const char *const starts[] = { "std::",
					      "__gnu_cxx::",
					      "__cxxabiv1::",
					      "core::",
					      "alloc::",
					      "<core::",
					      "<alloc::",
					      "<std::",
					      "boost::detail::",
					      "boost::make_shared<",
					      "boost::shared_ptr<",
					      NULL };

	return starts_with_one_of(module, modules) ||
	       (function && starts_with_one_of(spelling_name(function), starts));
}

bool frame_is_start(const char *function)
{
	static const char *const names[] = { "_start",
					     "__libc_start_main",
					     "__libc_start_call_main",
					     "start_thread",
					     "clone",
					     "__clone",
					     "clone3",
					     "__clone3",
					     "__libc_start_main_impl",
					     "__libc_start_main@@GLIBC_2.34",
					     "std::sys::backtrace::__rust_begin_short_backtrace",
					     NULL };

	return function && is_one_of(function, names);
}

/* CPython, and the modules that are built for it: what they do, the lines around them have asked for. */
static bool module_is_python(const char *module)
{
	static const char *const starts[] = { "python3", "libpython3", NULL };

	return starts_with_one_of(module, starts) || strstr(module, ".cpython-3") ||
	       strstr(module, ".abi3.so");
}

const struct report_frame *stack_site(const struct report_stack *s)
{
	return s->nframes ? &s->frames[s->site] : NULL;
}

/* ---- making one ---------------------------------------------------------------------------------------- */

/* Frames from the innermost that are not the program's: they are named by `allocator` instead. */
static size_t allocator_frames(const struct frame_name *frames, size_t n)
{
	size_t i = 0;

	while (i < n && !frames[i].language && frame_is_allocator(frames[i].function))
		i++;
	return i < n ? i : 0;
}

/* Of these, those of the function that was called at last. */
static size_t entry_frames(const struct frame_name *frames, size_t n)
{
	size_t i = 0;

	while (i < n && is_entry(frames[i].function))
		i++;
	return i;
}

/* The function that was called: the outermost of these frames, less what was inlined into the program's. */
static const char *allocator_name(const struct frame_name *frames, size_t n, const char *otherwise)
{
	while (n && frames[n - 1].inlined)
		n--;
	return n ? frames[n - 1].function : otherwise;
}

static bool is_of_program(const struct report_frame *f)
{
	if (!f->function || f->is_interpreter || f->language)
		return f->language;
	return !frame_is_runtime(f->function, f->module) && !frame_is_allocator(f->function) &&
	       !frame_is_start(f->function);
}

/* C programs have malloc by names of their own (xmalloc, jv_mem_alloc, g_malloc0, xstrdup); who called such a one is
 * whom the block belongs to. */
static bool is_wrapper(const struct report_frame *f)
{
	static const char *const ends[] = { "alloc",   "alloc0", "alloc_n",	 "alloc0_n", "strdup",
					    "strndup", "memdup", "alloc_usable", NULL };
	size_t length = f->function && !f->language ? strlen(f->function) : 0;

	for (const char *const *end = ends; *end; end++)
		if (length >= strlen(*end) && !strcmp(f->function + length - strlen(*end), *end))
			return true;
	return false;
}

/* The innermost frame of the program that is no wrapper; if all are, the innermost. */
static uint32_t find_site(const struct report_frame *frames, uint32_t n)
{
	uint32_t site = n;

	for (uint32_t i = 0; i < n; i++) {
		if (!is_of_program(&frames[i]))
			continue;
		if (!is_wrapper(&frames[i]))
			return i;
		site = site < i ? site : i;
	}
	return site < n ? site : 0;
}

/* Up to and with main, or up to the start of a thread. Unknown frames of libc at the end are start-up code too:
 * its own symbols are often not there. */
static uint32_t count_shown(const struct report_frame *frames, uint32_t n)
{
	uint32_t shown = n;

	for (uint32_t i = 0; i < n && shown == n; i++) {
		if (frames[i].language)
			continue;
		if (frames[i].function && !strcmp(frames[i].function, "main"))
			shown = i + 1;
		else if (i && frame_is_start(frames[i].function))
			shown = i;
	}
	while (shown > 1 && !frames[shown - 1].function && frame_is_runtime(NULL, frames[shown - 1].module))
		shown--;
	return shown;
}

static struct report_frame copy_frame(struct pool *pool, const struct frame_name *name)
{
	char *module = pool_text(pool, name->module ? name->module : "");

	return (struct report_frame){
		.function = pool_text(pool, name->function),
		.symbol = pool_text(pool, name->symbol),
		.file = pool_text(pool, name->file),
		.module = module ? module : "",
		.line = name->line,
		.is_inlined = name->inlined,
		.address = name->address,
		.offset = name->offset,
		.language = name->language,
	};
}

/* Where no line of source is run, what has Python in its name is as any other. Returns how many frames it is. */
static uint32_t mark_interpreters(struct report_frame *frames, uint32_t n)
{
	uint32_t marked = 0;
	bool runs_source = false;

	for (uint32_t i = 0; i < n; i++)
		runs_source |= frames[i].language != NULL;
	for (uint32_t i = 0; runs_source && i < n; i++) {
		frames[i].is_interpreter = !frames[i].language && module_is_python(frames[i].module);
		marked += frames[i].is_interpreter;
	}
	return marked;
}

static const struct report_stack *make_stack(struct stack_book *book, uint32_t stack, const char *allocator)
{
	const struct frame_name *names = NULL;
	bool is_cut = false;
	size_t n = names_stack(book->names, stack, &names, &is_cut), skip = allocator_frames(names, n);
	size_t first = entry_frames(names, skip);
	struct report_stack *s = pool_take(book->pool, sizeof *s);
	struct report_frame *frames = pool_take(book->pool, (n - first) * sizeof *frames);

	if (!s || !frames)
		return NULL;
	for (size_t i = first; i < n; i++)
		frames[i - first] = copy_frame(book->pool, &names[i]);
	*s = (struct report_stack){
		.allocator = pool_text(book->pool, allocator_name(names, skip, allocator)),
		.called = pool_text(book->pool, first ? names[first - 1].function : allocator),
		.classes = frames,
		.nclasses = (uint32_t)(skip - first),
		.frames = frames + (skip - first),
		.nframes = (uint32_t)(n - skip),
		.is_cut = is_cut,
	};
	s->interpreters = mark_interpreters(frames + (skip - first), s->nframes);
	s->site = find_site(s->frames, s->nframes);
	s->shown = count_shown(s->frames, s->nframes);
	return s;
}

/* ---- the book ------------------------------------------------------------------------------------------ */

#define POOL_STACK UINT32_MAX

struct stack_page {
	uint32_t stack; /* POOL_STACK: of all that lies in pools */
	const struct report_stack *made; /* NULL: a free slot */
};

static struct stack_page *find_page(struct stack_book *book, uint32_t stack)
{
	uint32_t mask = book->nslots - 1, i = stack * 2654435761u >> 7 & mask;

	while (book->slots[i].made && book->slots[i].stack != stack)
		i = (i + 1) & mask;
	return &book->slots[i];
}

/* Keeps the table at most half full. */
static bool make_room(struct stack_book *book)
{
	struct stack_book old = *book;

	if (book->used * 2 < book->nslots)
		return true;
	book->nslots = old.nslots ? old.nslots * 2 : 256;
	book->slots = calloc(book->nslots, sizeof *book->slots);
	if (!book->slots) {
		*book = old;
		return false;
	}
	for (uint32_t i = 0; i < old.nslots; i++)
		if (old.slots[i].made)
			*find_page(book, old.slots[i].stack) = old.slots[i];
	free(old.slots);
	return true;
}

const struct report_stack *stack_book_get(struct stack_book *book, uint32_t stack, const char *allocator)
{
	uint32_t key = strcmp(allocator, POOL_ALLOCATOR) ? stack : POOL_STACK;

	if (!make_room(book))
		return NULL;
	struct stack_page *page = find_page(book, key);
	if (!page->made) {
		*page = (struct stack_page){ key, make_stack(book, stack, allocator) };
		book->used += page->made != NULL;
	}
	return page->made;
}

const struct report_stack *stack_book_block(struct stack_book *book, const struct block *b)
{
	return stack_book_get(book, b->stack, report_entry_name(b->entry));
}

void stack_book_free(struct stack_book *book)
{
	free(book->slots);
	*book = (struct stack_book){ 0 };
}
