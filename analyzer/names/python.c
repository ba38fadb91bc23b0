/* python.c: lines of Python source, whose code the trace names. */
#include "names/inside.h"

#include <string.h>

#define PYTHON "python"

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* "<string>" and "<frozen importlib._bootstrap>" are no files. */
static const char *absolute(struct names *n, const char *file)
{
	const char *folder = n->trace->process.directory;

	if (!*file || *file == '/' || *file == '<' || !folder || *folder != '/')
		return file;
	char *path = arena_take(&n->arena, strlen(folder) + strlen(file) + 2);
	if (!path)
		return file;
	strcpy(path, folder);
	strcat(path, "/");
	return strcat(path, file);
}

static void list_codes(struct names *n)
{
	const struct trace *t = n->trace;

	for (size_t i = 0; i < t->npython_codes; i++) {
		const struct trace_python_code *p = &t->python_codes[i];
		struct frame_name *f = arena_take(&n->arena, sizeof *f);

		if (!f || !p->id)
			return;
		f->function = *p->name ? p->name : NULL;
		f->file = *p->file ? absolute(n, p->file) : NULL;
		f->module = base_name(p->file);
		f->module_path = f->file ? f->file : "";
		f->language = PYTHON;
		map_put(&n->python, p->id, f);
	}
}

void python_frame(struct names *n, uint64_t frame, struct frame_name *f)
{
	const struct frame_name *code;

	if (!n->python.nslots)
		list_codes(n);
	code = map_get(&n->python, lg_python_code_of(frame));
	*f = code ? *code : (struct frame_name){ .module = "", .module_path = "", .language = PYTHON };
	f->line = lg_python_line_of(frame);
}
