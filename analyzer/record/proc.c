/* proc.c: see proc.h and proc(5). */
#include "record/proc.h"

#include "leakgraph/ring.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
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
		if (used < room - 1)
			continue;
		char *grown = realloc(text, room *= 2);
		if (!grown)
			free(text);
		text = grown;
	}
	if (fd >= 0)
		close(fd);
	*bytes = text ? used : 0;
	if (text)
		text[used] = 0;
	return text;
}

/* Where a field of a stat file begins, from 3 on; NULL: there is none. The second, the program's name, may hold anything
 * but a NUL. */
static const char *find_field(const char *text, size_t bytes, unsigned field)
{
	const char *at = bytes ? memrchr(text, ')', bytes) : NULL;

	for (unsigned n = 2; at && n < field; n++) {
		at = memchr(at, ' ', (size_t)(text + bytes - at));
		at += at != NULL;
	}
	return at && at < text + bytes ? at : NULL;
}

/* A number of /proc/PID/stat. */
static uint64_t stat_field(uint32_t pid, unsigned field)
{
	size_t bytes;
	char *text = proc_read(pid, "stat", &bytes);
	const char *at = find_field(text, bytes, field);
	uint64_t number = 0;

	for (; at && at < text + bytes && *at >= '0' && *at <= '9'; at++)
		number = number * 10 + (uint64_t)(*at - '0');
	free(text);
	return number;
}

bool proc_thread_ended(uint32_t pid, uint32_t tid)
{
	char file[64];
	size_t bytes;

	snprintf(file, sizeof file, "task/%u/stat", tid);
	char *text = proc_read(pid, file, &bytes);
	const char *state = find_field(text, bytes, 3);
	bool ended = state && (*state == 'Z' || *state == 'X');
	free(text);
	return ended;
}

uint64_t proc_heap_start(uint32_t pid)
{
	return stat_field(pid, 47);
}

uint32_t proc_parent(uint32_t pid)
{
	return (uint32_t)stat_field(pid, 4);
}

#define PF_FORKNOEXEC 0x40u /* linux/sched.h: "Forked but didn't exec" */

bool proc_has_executed(uint32_t pid)
{
	return stat_field(pid, 4) && !(stat_field(pid, 9) & PF_FORKNOEXEC);
}

bool proc_is_set_id(uint32_t pid)
{
	char path[64];
	struct stat s;

	snprintf(path, sizeof path, "/proc/%u/exe", pid);
	return !stat(path, &s) && s.st_mode & (S_ISUID | S_ISGID);
}

#define PF_SIGNALED 0x400u /* linux/sched.h: "Killed by a signal" */

bool proc_is_unsignaled(uint32_t tid)
{
	return stat_field(tid, 4) && !(stat_field(tid, 9) & PF_SIGNALED);
}

char **proc_arguments(uint32_t pid, uint32_t *argc)
{
	size_t bytes, n = 0;
	char *text = proc_read(pid, "cmdline", &bytes);

	for (size_t i = 0; i < bytes; i++)
		n += !text[i];
	char **argv = calloc(1, (n + 1) * sizeof *argv + bytes);
	*argc = argv ? (uint32_t)n : 0;
	char *at = argv ? memcpy(argv + n + 1, text ? text : "", bytes) : NULL;
	for (uint32_t i = 0; i < *argc; i++, at += strlen(at) + 1)
		argv[i] = at;
	free(text);
	return argv;
}

/* ---- namespaces ---------------------------------------------------------------------------------------- */

uint64_t proc_namespace(uint32_t pid)
{
	char *link = proc_link(pid, "ns/pid");
	unsigned long inode = 0;

	if (link && sscanf(link, "pid:[%lu]", &inode) != 1)
		inode = 0;
	free(link);
	return inode;
}

/* The last number of the line "NSpid: 4711 23 1" of a status file: the id in the innermost namespace. */
static uint32_t innermost_id(const char *path)
{
	char line[256];
	uint32_t id = 0;
	FILE *f = fopen(path, "re");

	while (f && fgets(line, sizeof line, f))
		if (!strncmp(line, "NSpid:", 6)) {
			const char *last = strrchr(line, '\t');
			id = last ? (uint32_t)strtoul(last, NULL, 10) : 0;
			break;
		}
	if (f)
		fclose(f);
	return id;
}

uint32_t proc_inner_tid(uint32_t pid, uint32_t tid)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%u/task/%u/status", pid, tid);
	return innermost_id(path);
}

static bool has_segment(uint32_t pid)
{
	size_t n;
	struct trace_mapping *mappings = proc_mappings(pid, &n);
	bool has = false;

	for (size_t i = 0; i < n && !has; i++)
		has = !strncmp(mappings[i].path, "/memfd:leakgraph", 16);
	proc_mappings_free(mappings, n);
	return has;
}

static bool is_known_inside_as(uint32_t outer, uint64_t namespace, uint32_t pid)
{
	return proc_inner_tid(outer, outer) == pid &&
	       (namespace ? proc_namespace(outer) == namespace : has_segment(outer));
}

uint32_t proc_outer_pid(uint64_t namespace, uint32_t pid)
{
	const struct dirent *entry;
	uint32_t found = 0;

	if (namespace ? namespace == proc_namespace((uint32_t)getpid()) : is_known_inside_as(pid, 0, pid))
		return pid;
	DIR *all = opendir("/proc");
	while (all && !found && (entry = readdir(all))) {
		uint32_t outer = (uint32_t)strtoul(entry->d_name, NULL, 10);

		if (outer && is_known_inside_as(outer, namespace, pid))
			found = outer;
	}
	if (all)
		closedir(all);
	return found;
}

bool proc_has_inner_tid(uint32_t pid, uint32_t tid)
{
	char path[64];
	const struct dirent *entry;
	bool has = false;

	snprintf(path, sizeof path, "/proc/%u/task", pid);
	DIR *tasks = opendir(path);
	while (tasks && !has && (entry = readdir(tasks)))
		has = entry->d_name[0] != '.' &&
		      proc_inner_tid(pid, (uint32_t)strtoul(entry->d_name, NULL, 10)) == tid;
	if (tasks)
		closedir(tasks);
	return has;
}

/* ---- mappings ------------------------------------------------------------------------------------------ */

/* Kernels before 5.9 say only whether there are any. */
uint64_t proc_filters(uint32_t pid)
{
	char path[64], line[256];
	unsigned long filters = 0, mode = 0;

	snprintf(path, sizeof path, "/proc/%u/status", pid);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof line, f)) {
		sscanf(line, "Seccomp_filters: %lu", &filters);
		sscanf(line, "Seccomp: %lu", &mode);
	}
	if (f)
		fclose(f);
	return filters ? filters : mode != 0;
}

/* start-end flags offset device inode, then blanks and perhaps a name. False where the line is none of a mapping. The
 * path is NULL when there is no memory for it. */
static bool parse_mapping(char *line, struct trace_mapping *m)
{
	char *at = line, *flags;

	*m = (struct trace_mapping){ 0 };
	m->start = strtoul(at, &at, 16);
	if (*at++ != '-')
		return false;
	m->end = strtoul(at, &at, 16);
	flags = at + 1;
	if (strlen(at) < sizeof " rwxp " || m->start >= m->end || (m->start | m->end) % LG_PAGE)
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
	return true;
}

/* False: no memory. */
static bool add_mapping(struct trace_mapping **mappings, size_t *n, size_t *room, char *line)
{
	if (*n == *room) {
		size_t more = *room ? *room * 2 : 256;
		struct trace_mapping *grown = realloc(*mappings, more * sizeof *grown);

		if (!grown)
			return false;
		*mappings = grown;
		*room = more;
	}
	struct trace_mapping *m = &(*mappings)[*n];
	if (!parse_mapping(line, m))
		return true;
	if (!m->path)
		return false;
	/* Two may have become one between the parts in which they were told. */
	uint64_t told = *n ? m[-1].end : 0, overlap = m->start < told ? told - m->start : 0;
	m->start += overlap;
	m->file_offset += overlap;
	if (m->start < m->end)
		++*n;
	else
		free(m->path);
	return true;
}

struct trace_mapping *proc_parse_mappings(char *text, size_t bytes, size_t *n)
{
	struct trace_mapping *mappings = NULL;
	size_t room = 0;
	char *newline;

	*n = 0;
	for (char *line = text; line && (newline = memchr(line, '\n', bytes)); line = newline + 1) {
		*newline = 0;
		bytes -= (size_t)(newline + 1 - line);
		if (add_mapping(&mappings, n, &room, line))
			continue;
		proc_mappings_free(mappings, *n);
		*n = 0;
		return NULL;
	}
	return mappings;
}

struct trace_mapping *proc_mappings(uint32_t pid, size_t *n)
{
	size_t bytes;
	char *text = proc_read(pid, "maps", &bytes);
	struct trace_mapping *mappings = proc_parse_mappings(text, bytes, n);

	free(text);
	return mappings;
}

bool proc_maps_inode(uint32_t pid, uint64_t inode)
{
	char line[PATH_MAX + 128];
	int fd = proc_open(pid, "maps");
	FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;
	unsigned long number;
	bool maps = false;

	while (f && !maps && fgets(line, sizeof line, f))
		maps = sscanf(line, "%*s %*s %*s %*s %lu", &number) == 1 && number == inode &&
		       strstr(line, "/memfd:");
	if (f)
		fclose(f);
	else if (fd >= 0)
		close(fd);
	return maps;
}

size_t proc_find_mapped(uint64_t inode, uint32_t *pids, size_t room)
{
	const struct dirent *entry;
	size_t n = 0;
	DIR *all = opendir("/proc");

	while (all && n < room && (entry = readdir(all))) {
		uint32_t pid = (uint32_t)strtoul(entry->d_name, NULL, 10);

		if (pid && pid != (uint32_t)getpid() && proc_maps_inode(pid, inode))
			pids[n++] = pid;
	}
	if (all)
		closedir(all);
	return n;
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
	size_t bytes;
	char *text = proc_read(pid, name, &bytes), *rest = text, *line;
	const char *at;

	while (rest && (line = strsep(&rest, "\n")))
		if (!strncmp(line, key, strlen(key)) && (at = strstr(line, mark)))
			add_held(l, strtoull(at + strlen(mark), NULL, 16), holder, id);
	free(text);
}

#define EPOLL_NAME "anon_inode:[eventpoll]"

static bool is_epoll(DIR *fds, const char *name)
{
	char target[sizeof EPOLL_NAME];

	return name[0] != '.' && readlinkat(dirfd(fds), name, target, sizeof target) == sizeof target - 1 &&
	       !memcmp(target, EPOLL_NAME, sizeof target - 1);
}

/* The process may stand still for this: a look at a descriptor is one short system call. */
static void add_epolls(struct held_list *l, uint32_t pid)
{
	char path[64];
	const struct dirent *entry;

	snprintf(path, sizeof path, "/proc/%u/fd", pid);
	DIR *fds = opendir(path);
	while (fds && (entry = readdir(fds))) {
		if (!is_epoll(fds, entry->d_name))
			continue;
		snprintf(path, sizeof path, "fdinfo/%.16s", entry->d_name);
		add_values(l, pid, path, "tfd:", "data:", LG_HOLDER_EPOLL, strtoul(entry->d_name, NULL, 10));
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
