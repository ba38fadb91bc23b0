/* python_find.c: which CPython a program has, if any, and where it keeps what. Found by the names that each shows, when a
 * frame of its module is first on a stack. */
#include "python.h"

#include <link.h>

static const struct layout layouts[] = {
	{ LG_CPYTHON_3_11, .key = 592, .holder = 576, .thread_id = 152, .instruction = 56,
	  .kind = 68, /* is_entry */
	  .entry_kind = 1, .entry_is_function = true, .first_line = 72, .untraced = 168,
	  .stamp = 136 /* co_linetable */ },
	{ LG_CPYTHON_3_12, .key = 1544, .thread_id = 136, .instruction = 56, .kind = 70, /* owner */
	  .entry_kind = 3, /* FRAME_OWNED_BY_CSTACK */
	  .first_line = 68, .untraced = 176, .stamp = 88 /* with co_version */ },
	{ LG_CPYTHON_3_13, .key = 2160, .thread_id = 152, .instruction = 56, .kind = 70, .entry_kind = 3,
	  .first_line = 68, .untraced = 184, .stamp = 88 },
};

static struct python interpreter; /* written by whom `is_taken` has let; then shim.python points at it */
static _Atomic uint32_t is_taken;

static uint64_t address_of(const struct link_map *m, const char *name, unsigned char type)
{
	const ElfW(Sym) *s = symbol_in(m, name, type);

	return s ? m->l_addr + s->st_value : 0;
}

static const struct layout *layout_of(const struct link_map *m)
{
	uint64_t version = address_of(m, "Py_Version", STT_OBJECT); /* 0x030b02f0: 3.11.2 */
	uint32_t minor = version ? *(const uint32_t *)version >> 16 : 0;

	for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
		if (minor == (3u << 8 | layouts[i].minor))
			return &layouts[i];
	return NULL;
}

/* Where its machine code is, for the recorder to know its frames by: they say where they return to, so one further. */
static void publish_code(const struct link_map *m, uint32_t module)
{
	const ElfW(Sym) *code = symbol_in(m, "_PyEval_EvalFrameDefault", STT_FUNC);
	uint64_t base = (uint64_t)module << LG_FRAME_MODULE_SHIFT;

	if (!code)
		return;
	atomic_store(&shim.area->python_start, base + code->st_value + 1);
	atomic_store(&shim.area->python_end, base + code->st_value + code->st_size + 1);
}

void python_notice(const struct link_map *m, uint32_t module)
{
	uint64_t runtime = address_of(m, "_PyRuntime", STT_OBJECT);
	const struct layout *at = runtime && !shim.control->no_python_frames ? layout_of(m) : NULL;

	if (!at || (at->minor > 12 && word_at(runtime + FREE_THREADED)))
		return;
	if (!atomic_exchange(&is_taken, 1)) {
		interpreter.at = at;
		interpreter.runtime = runtime;
		interpreter.code_type = address_of(m, "PyCode_Type", STT_OBJECT);
		atomic_store(&interpreter.generation, atomic_load(&shim.generation));
		atomic_store(&shim.python, &interpreter);
	}
	if (interpreter.runtime == runtime)
		publish_code(m, module);
}

/* A module has gone since: perhaps that of the interpreter. Then there is none any more. */
bool python_still_there(void)
{
	uint32_t generation = atomic_load(&shim.generation);
	struct dl_find_object o;

	if (_dl_find_object((void *)interpreter.runtime, &o) || !o.dlfo_link_map ||
	    address_of(o.dlfo_link_map, "_PyRuntime", STT_OBJECT) != interpreter.runtime) {
		atomic_store(&shim.python, NULL);
		return false;
	}
	atomic_store(&interpreter.generation, generation);
	return true;
}
