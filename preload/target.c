/* target.c: what an exec is about to start. A program that the shim cannot be loaded into (another libc, another class)
 * would be told so by its loader on its stderr, as would one that may not read the shim or has no descriptor left to open it
 * with; musl's loader ends it, and so does a sanitizer. So the shim is taken out of its LD_PRELOAD, other preloads stay.
 * What cannot be read is left to its luck.
 *
 * Async-signal-safe, as all of exec: system calls and the stack only. */
#include "shim.h"
#include "sys.h"

#include "leakgraph/env.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>
#include <sys/resource.h>

#define PRELOAD "LD_PRELOAD="
#define SCRIPT_DEPTH 4u
#define HEADERS_MAX 64u
#define PATH_BYTES 512u /* a longer one is not looked into */

/* ---- what exec was given ------------------------------------------------------------------------------- */

/* `page` is the latest that was asked for, by number, 0: none: the strings of an environment lie side by side. */
static bool can_read(uint64_t addr, uint64_t *page)
{
	if (addr < LG_PAGE) /* the kernel takes 0 for no mask */
		return false;
	if (addr / LG_PAGE != *page && sys_faults(addr & -(uint64_t)8))
		return false;
	*page = addr / LG_PAGE;
	return true;
}

static bool can_read_text(const char *text, uint64_t *page)
{
	for (;; text++) {
		if (!can_read((uint64_t)text, page))
			return false;
		if (!*text)
			return true;
	}
}

bool target_can_be_read(const char *file, char *const *envp)
{
	uint64_t page = 0, list = 0;

	if (file && !can_read_text(file, &page))
		return false;
	for (; envp; envp++) {
		uint64_t at = (uint64_t)envp;

		if (!can_read(at, &list) || !can_read(at + sizeof *envp - 1, &list))
			return false;
		if (!*envp)
			break;
		if (!can_read_text(*envp, &page))
			return false;
	}
	return true;
}

/* ---- what it is ---------------------------------------------------------------------------------------- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* By its loader; without one it looks at no LD_PRELOAD. */
static bool loads_shim(int fd, const Elf64_Ehdr *elf)
{
	char loader[64] = "";
	Elf64_Phdr h;

	if (elf->e_ident[EI_CLASS] != ELFCLASS64 || elf->e_machine != EM_X86_64)
		return false;
	for (unsigned i = 0; i < elf->e_phnum && i < HEADERS_MAX; i++) {
		if (sys_pread(fd, &h, sizeof h, elf->e_phoff + i * sizeof h) != sizeof h)
			return true;
		if (h.p_type != PT_INTERP)
			continue;
		size_t n = h.p_filesz < sizeof loader ? h.p_filesz : sizeof loader - 1;
		if (sys_pread(fd, loader, n, h.p_offset) != (long)n)
			return true;
		return !strncmp(base_name(loader), "ld-linux-x86-64", 15) && !is_sanitized(fd, elf);
	}
	return true;
}

/* The program of a "#!" line, in place; NULL when it names none. */
static const char *script_program(char *head)
{
	char *at = head + 2 + strspn(head + 2, " \t");

	at[strcspn(at, " \t\r\n")] = '\0';
	return *at ? at : NULL;
}

/* All that the limit allows are open: whether the loader will have one nevertheless. */
static bool exec_frees_descriptor(void)
{
	struct rlimit limit = { 0 };

	sys_getrlimit(RLIMIT_NOFILE, &limit);
	for (int fd = 0; (rlim_t)fd < limit.rlim_cur; fd++)
		if (sys_descriptor_flags(fd) & FD_CLOEXEC)
			return true;
	return false;
}

static bool takes_shim(const char *path, unsigned depth)
{
	_Alignas(Elf64_Ehdr) char head[256] = "";
	bool answer = true;
	int fd = sys_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return fd != -EMFILE || exec_frees_descriptor();
	long n = sys_pread(fd, head, sizeof head - 1, 0);
	if (n >= (long)sizeof(Elf64_Ehdr) && !memcmp(head, ELFMAG, SELFMAG))
		answer = loads_shim(fd, (const Elf64_Ehdr *)head);
	sys_close(fd);
	if (n > 2 && head[0] == '#' && head[1] == '!' && depth < SCRIPT_DEPTH) {
		const char *program = script_program(head);
		return !program || takes_shim(program, depth + 1);
	}
	return answer;
}

/* As execvp(3) would find it. */
static bool found_takes_shim(const char *file, const char *folders)
{
	char path[PATH_BYTES];
	size_t name = strlen(file);

	for (const char *at = folders; at; at = *at ? at + 1 : NULL) {
		size_t n = strcspn(at, ":");

		if (n + name + 2 <= sizeof path) {
			memcpy(path, at, n);
			path[n] = '/';
			memcpy(path + n + (n > 0), file, name + 1);
			if (sys_exists(path))
				return takes_shim(path, 0);
		}
		at += n;
	}
	return true;
}

static const char *value_of(char *const *envp, const char *name)
{
	size_t n = strlen(name);

	for (; envp && *envp; envp++)
		if (!strncmp(*envp, name, n))
			return *envp + n;
	return NULL;
}

static const char *shim_path(void)
{
	struct dl_find_object o;

	return _dl_find_object((void *)shim_path, &o) ? "" : o.dlfo_link_map->l_name;
}

/* Another user may not be let into its folder; another root may not have it. */
static bool shim_is_there(void)
{
	int answer = sys_readable_file(shim_path());

	return answer != -ENOENT && answer != -ENOTDIR && answer != -EACCES;
}

bool target_takes_shim(const char *file, char *const *path_envp)
{
	const char *folders;

	if (!shim_is_there())
		return false;
	if (!path_envp || strchr(file, '/'))
		return takes_shim(file, 0);
	folders = value_of(path_envp, "PATH=");
	return found_takes_shim(file, folders ? folders : "/bin:/usr/bin");
}

bool target_has_shim(char *const *envp)
{
	const char *at = value_of(envp, PRELOAD), *own = shim_path();
	size_t length, n = strlen(own);

	if (!at || !segment_is_named(value_of(envp, LG_ENV_SEGMENT "=")))
		return false;
	for (; *at; at += length, at += strspn(at, " :")) {
		length = strcspn(at, " :");
		if (length == n && !memcmp(at, own, n))
			return true;
	}
	return false;
}

/* ---- an environment without the shim ------------------------------------------------------------------- */

/* Copies a list as ld.so splits it, at spaces and colons, but for the shim. */
static void copy_others(char *out, const char *list, const char *own)
{
	size_t n = strlen(own);
	bool is_first = true;

	for (const char *at = list; *at;) {
		size_t length = strcspn(at, " :");

		if (length && (length != n || memcmp(at, own, n))) {
			if (!is_first)
				*out++ = ':';
			memcpy(out, at, length);
			out += length;
			is_first = false;
		}
		at += length;
		at += strspn(at, " :");
	}
	*out = '\0';
}

size_t target_room(char *const *envp)
{
	const char *list = value_of(envp, PRELOAD);
	size_t n = 0;

	while (envp && envp[n])
		n++;
	return list ? (n + 1) * sizeof *envp + sizeof PRELOAD + strlen(list) : 0;
}

char *const *target_environment(void *room, char *const *envp)
{
	char **copy = room;
	size_t n = 0;

	for (; envp[n]; n++)
		copy[n] = envp[n];
	copy[n] = NULL;
	char *text = (char *)(copy + n + 1);
	for (size_t i = 0; i < n; i++) {
		if (strncmp(copy[i], PRELOAD, sizeof PRELOAD - 1))
			continue;
		memcpy(text, PRELOAD, sizeof PRELOAD);
		copy_others(text + sizeof PRELOAD - 1, copy[i] + sizeof PRELOAD - 1, shim_path());
		copy[i] = text;
		if (!text[sizeof PRELOAD - 1]) /* none is left */
			memmove(&copy[i], &copy[i + 1], (n - i) * sizeof *copy);
		break;
	}
	return copy;
}
