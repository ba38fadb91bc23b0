/* names.c: see names.h. Frames and stacks are named once and kept; what is inside an ELF file is the business of
 * object.c, symbols.c, units.c and debug.c. */
#include "names/inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A symbolised frame or stack, in the arena. */
struct frame_list {
	size_t n;
	bool is_truncated;
	struct frame_name frames[];
};

#define STACK_NODES_MAX (4u * LG_MAX_FRAMES) /* longer chains are damage (a loop), and are cut */

/* ---- open, close, notes ------------------------------------------------------------------------------ */

static int find_no_file(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base, char **file,
			Elf **elf)
{
	(void)module, (void)userdata, (void)name, (void)base, (void)file, (void)elf;
	return -1; /* object.c brings its own, checked */
}

/* Directories must be absolute: only such are searched by build-id. */
static void put_directory(struct names *n, struct buf *path, const char *directory)
{
	char *absolute = realpath(directory, NULL);

	if (absolute) {
		buf_put(path, absolute, strlen(absolute));
		buf_put(path, ":", 1);
	} else {
		names_note(n, "debug directory %s: %s", directory, strerror(errno));
	}
	free(absolute);
}

/* The user's directories, then libdwfl's default. Owned; NULL: no memory. */
static char *debuginfo_path(struct names *n, const char *directories)
{
	static const char standard[] = ":.debug:/usr/lib/debug";
	struct buf path = { 0 };
	char *copy = strdup(directories ? directories : ""), *rest = copy, *one;

	while (copy && (one = strsep(&rest, ":")))
		if (*one)
			put_directory(n, &path, one);
	free(copy);
	buf_put(&path, standard, sizeof standard);
	if (path.failed)
		buf_free(&path);
	return (char *)path.bytes;
}

int names_open(struct names **out, const struct trace *t, const struct names_options *options,
	       struct err *err)
{
	struct names *n = calloc(1, sizeof *n);

	*out = n;
	if (!n)
		return fail(err, "no memory to name functions");
	n->trace = t;
	n->by_module = calloc(t->nmodules + 1, sizeof *n->by_module);
	n->debuginfo_path = debuginfo_path(n, options ? options->debug_dir : NULL);
	n->with_symbols = options && options->with_symbols;
	n->callbacks = (Dwfl_Callbacks){ .find_elf = find_no_file,
					 .find_debuginfo = dwfl_standard_find_debuginfo,
					 .section_address = dwfl_offline_section_address,
					 .debuginfo_path = &n->debuginfo_path };
	n->no_path = n->nowhere;
	n->server_callbacks = n->callbacks;
	n->server_callbacks.debuginfo_path = &n->no_path;
	if (options && options->no_debuginfod)
		unsetenv("DEBUGINFOD_URLS"); /* the only switch that libdwfl has */
	if (n->by_module && n->debuginfo_path)
		return 0;
	names_close(n);
	*out = NULL;
	return fail(err, "no memory to name functions");
}

#define OBJECTS_KEPT 64u /* with their debug information they take memory */

bool names_follow(struct names *n, const struct trace *t)
{
	struct object **by_module =
	    n->nobjects > OBJECTS_KEPT ? NULL : calloc(t->nmodules + 1, sizeof *by_module);

	if (!by_module)
		return false;
	free(n->by_module);
	n->by_module = by_module;
	n->trace = t;
	n->generation++;
	n->nnotes = 0;
	map_free(&n->frames);
	map_free(&n->stacks);
	map_free(&n->threads);
	map_free(&n->sites);
	return true;
}

static void objects_close(struct names *n)
{
	for (struct object *o = n->objects; o; o = o->next) {
		symbols_free(&o->symbols);
		debug_free(&o->debug);
		variables_free(&o->variables);
		map_free(&o->definitions);
		object_drop_file(o);
	}
}

void names_close(struct names *n)
{
	if (!n)
		return;
	objects_close(n);
	map_free(&n->frames);
	map_free(&n->python);
	map_free(&n->stacks);
	map_free(&n->spelled);
	map_free(&n->functions);
	map_free(&n->types);
	map_free(&n->threads);
	map_free(&n->sites);
	map_free(&n->files);
	arena_free(&n->arena);
	free(n->by_module);
	free(n->notes);
	free(n->debuginfo_path);
	free(n);
}

/* ---- frames ------------------------------------------------------------------------------------------ */

static struct frame_list *list_new(struct names *n, size_t nframes)
{
	struct frame_list *list = arena_take(&n->arena, sizeof *list + nframes * sizeof list->frames[0]);

	if (list)
		list->n = nframes;
	return list;
}

static struct frame_list *frame_of_no_module(struct names *n, uint64_t offset)
{
	struct frame_list *list = list_new(n, 1);

	if (list)
		list->frames[0] = (struct frame_name){
			.module = "", .module_path = "", .address = offset, .offset = offset
		};
	return list;
}

/* What is known of a return address in an object: DWARF first, then the symbol table. */
static size_t places_of(struct names *n, struct object *o, uint64_t offset, struct place places[PLACE_LEVELS])
{
	uint64_t address =
	    offset ? offset - 1 : 0; /* into the call: the return address may be the next line's */
	size_t nplaces = debug_places(n, o, address, places);
	struct place *outermost = &places[nplaces - 1];
	const struct symbol *symbol =
	    !outermost->function || n->with_symbols ? symbol_of_code(o, address) : NULL;

	outermost->symbol = symbol && n->with_symbols ? symbol->name : NULL;
	if (!outermost->function) {
		outermost->function = symbol ? names_spell(n, symbol->name) : NULL;
	}
	if (!outermost->function)
		object_note_nameless(n, o);
	return nplaces;
}

static struct frame_list *frame_of_module(struct names *n, struct object *o,
					  const struct trace_module *module, uint64_t offset)
{
	struct place places[PLACE_LEVELS];
	size_t nplaces = o ? places_of(n, o, offset, places) : 0;
	struct frame_list *list = list_new(n, nplaces);

	for (size_t i = 0; list && i < nplaces; i++)
		list->frames[i] = (struct frame_name){ .function = places[i].function,
						       .symbol = places[i].symbol,
						       .file = places[i].file,
						       .line = places[i].line,
						       .module = o->name,
						       .module_path = o->path,
						       .address = offset + module->bias,
						       .offset = offset,
						       .inlined = i + 1 < nplaces };
	return list;
}

static struct frame_list *frame_of_python(struct names *n, uint64_t frame)
{
	struct frame_list *list = list_new(n, 1);

	if (list)
		python_frame(n, frame, &list->frames[0]);
	return list;
}

static struct frame_list *frame_of_machine(struct names *n, uint64_t frame)
{
	const struct trace_module *module;
	struct object *o = object_with(n, frame >> LG_FRAME_MODULE_SHIFT, &module);
	uint64_t offset = frame & LG_FRAME_OFFSET_MASK;

	return module ? frame_of_module(n, o, module, offset) : frame_of_no_module(n, offset);
}

static const struct frame_list *frame_list(struct names *n, uint64_t frame)
{
	struct frame_list *list = map_get(&n->frames, frame);
	bool is_python = frame >> LG_FRAME_MODULE_SHIFT == LG_FRAME_PYTHON;

	if (list)
		return list;
	list = is_python ? frame_of_python(n, frame) : frame_of_machine(n, frame);
	if (list)
		map_put(&n->frames, frame, list);
	return list;
}

/* ---- stacks ------------------------------------------------------------------------------------------ */

/* Gathers the frames of a stack, innermost first; false: no memory. Damage (a node out of range, a node never
 * seen, a loop) ends it as a cut does. */
static bool gather(struct names *n, uint32_t stack, struct buf *lists, size_t *nframes, bool *is_truncated)
{
	uint32_t node = stack;

	*nframes = 0;
	for (unsigned depth = 0; node && !*is_truncated; depth++) {
		uint64_t frame = node < n->trace->nnodes ? n->trace->nodes[node].frame : 0;
		*is_truncated = !frame || frame == LG_FRAME_TRUNCATED || depth == STACK_NODES_MAX;
		if (*is_truncated)
			break;
		const struct frame_list *list = frame_list(n, frame);
		if (!list)
			return false;
		buf_put(lists, &list, sizeof list);
		*nframes += list->n;
		node = n->trace->nodes[node].parent;
	}
	return !lists->failed;
}

static struct frame_list *join(struct names *n, const struct buf *lists, size_t nframes)
{
	struct frame_list *all = list_new(n, nframes);
	struct frame_name *next = all ? all->frames : NULL;

	for (size_t at = 0; next && at < lists->used; at += sizeof(void *)) {
		const struct frame_list *one;
		memcpy(&one, lists->bytes + at, sizeof one);
		memcpy(next, one->frames, one->n * sizeof *next);
		next += one->n;
	}
	return all;
}

static struct frame_list *stack_list(struct names *n, uint32_t stack)
{
	struct frame_list *list = map_get(&n->stacks, stack);
	struct buf lists = { 0 };
	bool is_truncated = false;
	size_t nframes;

	if (list)
		return list;
	if (gather(n, stack, &lists, &nframes, &is_truncated))
		list = join(n, &lists, nframes);
	buf_free(&lists);
	if (list) {
		list->is_truncated = is_truncated;
		map_put(&n->stacks, stack, list);
	}
	return list;
}

size_t names_stack(struct names *n, uint32_t stack, const struct frame_name **frames, bool *truncated)
{
	const struct frame_list *list = stack ? stack_list(n, stack) : NULL;

	*frames = list ? list->frames : NULL;
	if (truncated)
		*truncated = list && list->is_truncated;
	return list ? list->n : 0;
}

/* ---- data -------------------------------------------------------------------------------------------- */

bool names_data(struct names *n, uint32_t module, uint64_t address, const char **symbol, uint64_t *offset)
{
	const struct trace_module *m;
	struct object *o = object_with(n, module, &m);
	const struct symbol *found = o ? symbol_of_data(o, address - m->bias) : NULL;

	if (!found)
		return false;
	*symbol = names_spell(n, found->name);
	*offset = address - m->bias - found->address;
	return true;
}

bool names_export(struct names *n, uint32_t module, const char *function, uint64_t *address)
{
	const struct trace_module *m;
	struct object *o = object_with(n, module, &m);
	uint64_t found = o ? object_export(o, function) : 0;

	*address = found + (m ? m->bias : 0);
	return found;
}
