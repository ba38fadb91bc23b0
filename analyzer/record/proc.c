/* proc.c: see proc.h and proc(5). */
#include "record/proc.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int proc_open(uint32_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%u/%s", pid, name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

char *proc_link(uint32_t pid, const char *name)
{
	char path[64], target[PATH_MAX];

	snprintf(path, sizeof path, "/proc/%u/%s", pid, name);
	ssize_t n = readlink(path, target, sizeof target - 1);
	return strndup(n > 0 ? target : "", n > 0 ? (size_t)n : 0);
}

char *proc_read(uint32_t pid, const char *name, size_t *bytes)
{
	size_t used = 0, room = 16384;
	char *text = malloc(room);
	int fd = proc_open(pid, name);
	ssize_t n;

	while (text && fd >= 0 && (n = read(fd, text + used, room - used - 1)) > 0) {
		used += (size_t)n;
		if (used == room - 1)
			text = realloc(text, room *= 2);
	}
	if (fd >= 0)
		close(fd);
	*bytes = text ? used : 0;
	if (text)
		text[used] = 0;
	return text;
}

/* Field 47 of /proc/PID/stat. The second, the program's name, may hold anything but a NUL. */
uint64_t proc_heap_start(uint32_t pid)
{
	size_t bytes;
	char *text = proc_read(pid, "stat", &bytes);
	uint64_t start = 0;
	unsigned spaces = 1;

	for (size_t i = bytes; i-- > 0;)
		if (text[i] == ')') {
			for (i++; i < bytes && spaces < 46; i++)
				spaces += text[i] == ' ';
			for (; i < bytes && text[i] >= '0' && text[i] <= '9'; i++)
				start = start * 10 + (uint64_t)(text[i] - '0');
			break;
		}
	free(text);
	return start;
}

/* start-end flags offset device inode, then blanks and perhaps a name. */
static bool parse_mapping(char *line, struct trace_mapping *m)
{
	char *at = line, *flags;

	*m = (struct trace_mapping){ 0 };
	m->start = strtoul(at, &at, 16);
	if (*at++ != '-')
		return false;
	m->end = strtoul(at, &at, 16);
	flags = at + 1;
	if (strlen(at) < sizeof " rwxp ")
		return false;
	m->prot = (flags[0] == 'r' ? PROT_READ : 0) | (flags[1] == 'w' ? PROT_WRITE : 0) |
		  (flags[2] == 'x' ? PROT_EXEC : 0);
	m->flags = flags[3] == 's' ? LG_MAPPING_SHARED : 0;
	m->file_offset = strtoul(flags + 4, &at, 16);
	for (unsigned i = 0; i < 2; i++) {
		at += strspn(at, " ");
		at += strcspn(at, " ");
	}
	m->path = strdup(at + strspn(at, " "));
	return m->path != NULL;
}

struct trace_mapping *proc_mappings(uint32_t pid, size_t *n)
{
	struct trace_mapping *mappings = NULL;
	size_t room = 0, bytes;
	char *text = proc_read(pid, "maps", &bytes), *next = text, *line;

	*n = 0;
	while (text && (line = strsep(&next, "\n")) && *line) {
		if (*n == room) {
			size_t more = room ? room * 2 : 256;
			struct trace_mapping *grown = realloc(mappings, more * sizeof *grown);

			if (!grown)
				break;
			mappings = grown;
			room = more;
		}
		*n += parse_mapping(line, &mappings[*n]);
	}
	free(text);
	return mappings;
}

void proc_mappings_free(struct trace_mapping *mappings, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(mappings[i].path);
	free(mappings);
}
