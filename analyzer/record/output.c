/* output.c: see output.h. */
#include "record/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static const char *keep(struct output *o, char *path, struct err *err)
{
	char **paths = path ? realloc(o->paths, (o->count + 1) * sizeof *paths) : NULL;

	if (!paths) {
		free(path);
		fail(err, "out of memory");
		return NULL;
	}
	o->paths = paths;
	return paths[o->count++] = path;
}

/* folder/leakgraph.program.pid.lgt, with .2, .3 ... before the ending while that is taken. */
static char *fresh_name(const char *folder, const char *prefix, const char *program, uint32_t pid)
{
	char *path = NULL;

	for (unsigned n = 1; n < 10000; n++) {
		char again[16] = "";

		if (n > 1)
			snprintf(again, sizeof again, ".%u", n);
		if (asprintf(&path, "%s%s%s%s.%u%s.lgt", folder, *folder ? "/" : "", prefix,
			     base_name(program), pid, again) < 0)
			return NULL;
		if (access(path, F_OK))
			return path;
		free(path);
	}
	return NULL;
}

int output_first(struct output *o, const char *wanted, const char *program, uint32_t pid, struct err *err)
{
	struct stat st;
	char *path;

	*o = (struct output){ 0 };
	if (!wanted)
		path = fresh_name("", "leakgraph.", program, pid);
	else if (!stat(wanted, &st) && S_ISDIR(st.st_mode))
		path = fresh_name(wanted, "leakgraph.", program, pid);
	else if (!access(wanted, F_OK))
		return fail(err, "%s exists and is not overwritten; remove it or name another with -o",
			    wanted);
	else
		path = strdup(wanted);
	o->first = (char *)keep(o, path, err);
	return o->first ? 0 : -1;
}

static int make_folder(struct output *o, struct err *err)
{
	char *folder = NULL;

	if (asprintf(&folder, "%s.children", o->first) < 0)
		return fail(err, "out of memory");
	if (mkdir(folder, 0777) && errno != EEXIST) {
		fail(err, "%s: cannot make the folder for child processes: %s", folder, strerror(errno));
		free(folder);
		return -1;
	}
	o->folder = folder;
	return 0;
}

const char *output_other(struct output *o, const char *program, uint32_t pid, struct err *err)
{
	if (!o->folder && make_folder(o, err))
		return NULL;
	return keep(o, fresh_name(o->folder, "", program, pid), err);
}

void output_free(struct output *o)
{
	for (size_t i = 0; i < o->count; i++)
		free(o->paths[i]);
	free(o->paths);
	free(o->folder);
	*o = (struct output){ 0 };
}
