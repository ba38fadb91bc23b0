/* proc.c: see proc.h and proc(5). */
#include "record/proc.h"

#include <dirent.h>
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
	size_t used = 0, room = 4096;
	char *text = malloc(room);
	int fd = proc_open(pid, name);
	ssize_t n;

	while (text && fd >= 0 && (n = read(fd, text + used, room - used)) > 0) {
		used += (size_t)n;
		if (used == room)
			text = realloc(text, room *= 2);
	}
	if (fd >= 0)
		close(fd);
	*bytes = text ? used : 0;
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

static bool parse_mapping(char *line, struct trace_mapping *m)
{
	unsigned long start, end, offset;
	char flags[5];
	int name = 0;

	line[strcspn(line, "\n")] = 0;
	if (sscanf(line, "%lx-%lx %4s %lx %*s %*s %n", &start, &end, flags, &offset, &name) != 4 || !name)
		return false;
	*m = (struct trace_mapping){
		.start = start,
		.end = end,
		.file_offset = offset,
		.prot = (flags[0] == 'r' ? PROT_READ : 0) | (flags[1] == 'w' ? PROT_WRITE : 0) |
			(flags[2] == 'x' ? PROT_EXEC : 0),
		.flags = flags[3] == 's' ? LG_MAPPING_SHARED : 0,
		.path = strdup(line + name),
	};
	return m->path != NULL;
}

struct trace_mapping *proc_mappings(uint32_t pid, size_t *n)
{
	struct trace_mapping *mappings = NULL;
	char line[PATH_MAX + 128];
	int fd = proc_open(pid, "maps");
	FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;
	size_t room = 0;

	*n = 0;
	while (f && fgets(line, sizeof line, f)) {
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
	if (f)
		fclose(f);
	else if (fd >= 0)
		close(fd);
	return mappings;
}

void proc_mappings_free(struct trace_mapping *mappings, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(mappings[i].path);
	free(mappings);
}

/* ---- what the kernel keeps --------------------------------------------------------------------------- */

struct held_list {
	struct trace_held *at;
	size_t n, room;
};

static void add_held(struct held_list *l, uint64_t value, enum lg_holder holder, uint64_t id)
{
	if (l->n == l->room) {
		size_t room = l->room ? l->room * 2 : 16;
		struct trace_held *grown = realloc(l->at, room * sizeof *grown);

		if (!grown)
			return;
		l->at = grown;
		l->room = room;
	}
	l->at[l->n++] = (struct trace_held){ value, holder, id };
}

/* What follows `mark`, in hexadecimal, in each line of the file that begins with `key`. */
static void add_values(struct held_list *l, uint32_t pid, const char *name, const char *key, const char *mark,
		       enum lg_holder holder, uint64_t id)
{
	char path[64], line[256];
	const char *at;

	snprintf(path, sizeof path, "/proc/%u/%s", pid, name);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof line, f))
		if (!strncmp(line, key, strlen(key)) && (at = strstr(line, mark)))
			add_held(l, strtoull(at + strlen(mark), NULL, 16), holder, id);
	if (f)
		fclose(f);
}

static void add_epolls(struct held_list *l, uint32_t pid)
{
	char path[64];
	const struct dirent *entry;

	snprintf(path, sizeof path, "/proc/%u/fd", pid);
	DIR *fds = opendir(path);
	while (fds && (entry = readdir(fds))) {
		char name[32];
		unsigned fd = (unsigned)strtoul(entry->d_name, NULL, 10);

		snprintf(name, sizeof name, "fd/%u", fd);
		char *file = proc_link(pid, name);
		snprintf(name, sizeof name, "fdinfo/%u", fd);
		if (file && !strcmp(file, "anon_inode:[eventpoll]"))
			add_values(l, pid, name, "tfd:", "data:", LG_HOLDER_EPOLL, fd);
		free(file);
	}
	if (fds)
		closedir(fds);
}

struct trace_held *proc_held(uint32_t pid, size_t *n)
{
	struct held_list l = { 0 };

	add_epolls(&l, pid);
	add_values(&l, pid, "timers", "signal:", "/", LG_HOLDER_TIMER, 0);
	*n = l.n;
	return l.at;
}
