/* object.c: from a module of the trace to an open ELF file that is the very one that was traced, or to a note that
 * says why there is none.
 *
 * The file at the traced path is taken when its build-id is the traced one (or none was traced); else libdwfl is
 * asked for a debug file of that build-id (--debug-dir, the system's debug files, debuginfod), which names as well.
 * Each object has a Dwfl of its own: modules that shared addresses over time never meet. */
#include "names/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- paths ------------------------------------------------------------------------------------------- */

static const char *traced_path(const struct names *n, const struct trace_module *module)
{
	const char *path = module->path ? module->path : "";

	return *path || !n->trace->process.executable ? path : n->trace->process.executable;
}

/* dlopen("./plugin.so") leaves a relative path: relative to where the process was. */
static const char *absolute_path(struct names *n, const char *path)
{
	const char *directory = n->trace->process.directory;

	if (!*path || *path == '/' || *path == '[' || !directory || *directory != '/')
		return path;
	const char *joined = arena_format(&n->arena, "%s/%s", directory, path);
	return joined ? joined : path;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "[vdso]" and its like never had a file. */
static bool has_file(const struct object *o)
{
	return *o->path && *o->path != '[';
}

/* ---- build-ids --------------------------------------------------------------------------------------- */

struct id_text {
	char text[2 * LG_BUILD_ID_MAX + 1];
};

static struct id_text id_text(const uint8_t *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	struct id_text id = { "" };

	for (size_t i = 0; i < n && i < LG_BUILD_ID_MAX; i++) {
		id.text[2 * i] = digits[bytes[i] >> 4];
		id.text[2 * i + 1] = digits[bytes[i] & 15];
	}
	return id;
}

static size_t traced_id_bytes(const struct trace_module *module)
{
	return module->build_id_bytes <= LG_BUILD_ID_MAX ? module->build_id_bytes : LG_BUILD_ID_MAX;
}

static bool has_traced_id(const struct trace_module *module, Dwfl_Module *file)
{
	const unsigned char *bits;
	GElf_Addr where;
	int n = dwfl_module_build_id(file, &bits, &where);

	return n > 0 && (size_t)n == traced_id_bytes(module) && !memcmp(bits, module->build_id, (size_t)n);
}

/* ---- opening ----------------------------------------------------------------------------------------- */

void object_drop_file(struct object *o)
{
	if (o->dwfl)
		dwfl_end(o->dwfl);
	o->dwfl = NULL;
	o->file = NULL;
}

/* Makes fd, which libdwfl then owns, the object's file at its own virtual addresses. */
static bool object_take_file(struct names *n, struct object *o, int fd)
{
	o->dwfl = dwfl_begin(&n->callbacks);
	if (!o->dwfl) {
		close(fd);
		return false;
	}
	dwfl_report_begin(o->dwfl);
	o->file = dwfl_report_elf(o->dwfl, o->name, o->path, fd, 0, true);
	if (!o->file)
		close(fd);
	if (dwfl_report_end(o->dwfl, NULL, NULL) != 0 || !o->file || !dwfl_module_getelf(o->file, &o->bias))
		object_drop_file(o);
	return o->file;
}

/* Only plain files: a trace may name a FIFO, and opening one would wait for ever. */
static int open_plain(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

/* The file at the traced path, or why not. */
static bool open_traced(struct names *n, struct object *o, const char **problem)
{
	int fd = open_plain(o->path);

	*problem = NULL;
	if (fd < 0) {
		*problem = errno == ENOENT ? "is gone" : strerror(errno);
		return false;
	}
	if (!object_take_file(n, o, fd)) {
		*problem = "is no ELF file";
		return false;
	}
	return !traced_id_bytes(&o->module) || has_traced_id(&o->module, o->file);
}

static bool take_if_traced(struct names *n, struct object *o, int fd)
{
	if (fd < 0 || !object_take_file(n, o, fd))
		return false;
	if (has_traced_id(&o->module, o->file))
		return true;
	object_drop_file(o);
	return false;
}

/* DIRECTORY/.build-id/xx/yyyy.debug in the directories that libdwfl would search. */
static bool open_local_debug(struct names *n, struct object *o)
{
	struct id_text id = id_text(o->module.build_id, traced_id_bytes(&o->module));
	char *copy = strdup(n->debuginfo_path), *rest = copy, *directory;
	bool is_open = false;

	while (copy && !is_open && (directory = strsep(&rest, ":"))) {
		char *path = NULL;
		if (*directory != '/' ||
		    asprintf(&path, "%s/.build-id/%.2s/%s.debug", directory, id.text, id.text + 2) < 0)
			continue;
		is_open = take_if_traced(n, o, open_plain(path));
		free(path);
	}
	free(copy);
	return is_open;
}

/* Asks debuginfod, through libdwfl, about a module of which nothing is known but its build-id. With no directories
 * to search the answer can only come from a server. That matters: for a file that it found itself, libdwfl 0.188
 * keeps a handle in the module whose descriptor only its own caller fills in, and dwfl_end() closes descriptor 0. */
static int ask_server(struct names *n, const struct object *o)
{
	Dwfl *probe = dwfl_begin(&n->server_callbacks);
	void *nothing = NULL;
	char *found = NULL;
	int fd = -1;

	if (!probe)
		return -1;
	errno = 0; /* libdwfl takes an old error for its own, and does not ask */
	dwfl_report_begin(probe);
	Dwfl_Module *module = dwfl_report_module(probe, o->name, 0, 1);
	if (dwfl_report_end(probe, NULL, NULL) == 0 && module &&
	    dwfl_module_report_build_id(module, o->module.build_id, traced_id_bytes(&o->module), 0) == 0)
		fd = dwfl_standard_find_debuginfo(module, &nothing, o->name, 0, NULL, NULL, 0, &found);
	free(found);
	dwfl_end(probe);
	return fd;
}

static bool open_by_id(struct names *n, struct object *o)
{
	if (traced_id_bytes(&o->module) < 3) /* too short to be looked up */
		return false;
	return open_local_debug(n, o) || take_if_traced(n, o, ask_server(n, o));
}

/* ---- notes ------------------------------------------------------------------------------------------- */

static void note_problem(struct names *n, const struct object *o, const char *problem)
{
	struct id_text traced = id_text(o->module.build_id, traced_id_bytes(&o->module));

	names_note(n,
		   "%s: %s %s%s%s: its functions are not named; put the traced file back or give --debug-dir",
		   o->name, o->path, problem, *traced.text ? ", and no debug file has its build-id " : "",
		   traced.text);
}

static void note_changed(struct names *n, const struct object *o, const struct id_text *found)
{
	struct id_text traced = id_text(o->module.build_id, traced_id_bytes(&o->module));

	names_note(n,
		   "%s: %s has %s%s but the traced one had %s: its functions are not named; "
		   "put the traced file back or give --debug-dir",
		   o->name, o->path, *found->text ? "build-id " : "no build-id", found->text, traced.text);
}

void object_note_nameless(struct names *n, struct object *o)
{
	if (!o->file || o->is_noted)
		return;
	o->is_noted = true;
	if (!symbols_know_code(o) && !debug_is_there(o))
		names_note(n,
			   "%s: %s holds no symbols: its functions are not named; install its debug symbols "
			   "(package NAME-dbgsym), give --debug-dir, or build it with -g",
			   o->name, o->path);
}

/* ---- objects ----------------------------------------------------------------------------------------- */

static struct id_text file_id(Dwfl_Module *file)
{
	const unsigned char *bits;
	GElf_Addr where;
	int n = file ? dwfl_module_build_id(file, &bits, &where) : 0;

	return n > 0 ? id_text(bits, (size_t)n) : (struct id_text){ "" };
}

static void object_open(struct names *n, struct object *o)
{
	const char *problem;

	if (!has_file(o))
		return;
	if (open_traced(n, o, &problem))
		return;
	struct id_text found = file_id(o->file);
	object_drop_file(o);
	if (open_by_id(n, o))
		return;
	if (problem)
		note_problem(n, o, problem);
	else
		note_changed(n, o, &found);
}

static bool is_same_object(const struct object *o, const struct trace_module *module, const char *path)
{
	size_t n = traced_id_bytes(module);

	return n == traced_id_bytes(&o->module) && !memcmp(module->build_id, o->module.build_id, n) &&
	       !strcmp(path, o->path);
}

/* Each trace has its own notes. */
static void object_note_again(struct names *n, struct object *o)
{
	if (o->generation == n->generation)
		return;
	o->generation = n->generation;
	o->is_noted = false;
	if (o->problem)
		names_note(n, "%s", o->problem);
}

static struct object *object_new(struct names *n, const struct trace_module *module, const char *path)
{
	struct object *o = arena_take(&n->arena, sizeof *o);
	size_t nnotes = n->nnotes;

	if (!o)
		return NULL;
	o->module = *module;
	o->path = arena_copy(&n->arena, path, strlen(path));
	if (!o->path)
		return NULL;
	o->name = base_name(o->path);
	o->generation = n->generation;
	o->next = n->objects;
	n->objects = o;
	n->nobjects++;
	object_open(n, o);
	o->problem = n->nnotes > nnotes ? n->notes[nnotes] : NULL;
	return o;
}

struct object *object_of(struct names *n, const struct trace_module *module)
{
	const char *path = absolute_path(n, traced_path(n, module));
	struct object *o = n->objects;

	while (o && !is_same_object(o, module, path))
		o = o->next;
	if (o)
		object_note_again(n, o);
	return o ? o : object_new(n, module, path);
}
