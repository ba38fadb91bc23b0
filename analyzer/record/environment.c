/* environment.c: see environment.h. */
#include "record/environment.h"

#include "record/preflight.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOPS_MAX 5u /* from script to interpreter to interpreter */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void add(struct environment *e, const char *setting)
{
	char name[32];

	snprintf(name, sizeof name, "%.*s", (int)strcspn(setting, "="), setting);
	if (!getenv(name) && e->n < ENVIRONMENT_MAX)
		e->settings[e->n++] = setting;
}

/* The program that `env` runs: its first argument that is neither an option nor a setting. */
static const char *program_of_env(char *const *arguments)
{
	for (; *arguments; arguments++)
		if (**arguments != '-' && !strchr(*arguments, '='))
			return *arguments;
	return NULL;
}

static void look(struct environment *e, const char *path, char *const *arguments, unsigned hops)
{
	struct program_facts f;
	char *found = NULL;
	const char *next = NULL;
	int status;

	program_inspect(path, &f);
	if (f.is_python || !strncmp(base_name(path), "python", 6))
		add(e, "PYTHONMALLOC=malloc");
	if (f.uses_glib)
		add(e, "G_SLICE=always-malloc");
	char *const of_script[] = { f.argument, NULL };
	if (f.kind == PROGRAM_SCRIPT)
		next = f.interpreter;
	else if (!strcmp(base_name(path), "env"))
		next = program_of_env(arguments);
	if (next && hops < HOPS_MAX && !program_find(next, &found, &status, NULL))
		look(e, found, f.kind == PROGRAM_SCRIPT ? of_script : arguments + 1, hops + 1);
	free(found);
}

void environment_find(struct environment *e, const char *path, char *const *argv)
{
	*e = (struct environment){ .n = 0 };
	look(e, path, *argv ? argv + 1 : argv, 0);
}

int environment_set(const struct environment *e)
{
	for (size_t i = 0; i < e->n; i++)
		if (putenv((char *)(uintptr_t)e->settings[i]))
			return -1;
	return 0;
}
