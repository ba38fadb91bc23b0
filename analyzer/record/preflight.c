/* preflight.c: can PROGRAM be traced? Said before it runs, in one line with the cure.
 *
 * The file is foreign: libelf reads its tables, every offset and count is checked against the file, and what
 * cannot be read stays unknown, which never stops a run. Only what is known to fail does. */
#include "record/preflight.h"
#include "record/record.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { STATUS_TOOL = 125, STATUS_CANNOT_EXECUTE = 126, STATUS_NOT_FOUND = 127 };
enum { SCRIPT_DEPTH = 4 /* the last that the kernel follows */, SYMBOLS_MAX = 4 << 20, DYNAMIC_MAX = 65536 };

/* ---- finding ----------------------------------------------------------------------------------------- */

/* 0 when execve would take the file, else an errno. */
static int why_not_executable(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	if (!S_ISREG(st.st_mode))
		return ENXIO;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) ? EACCES : 0;
}

static bool is_mounted_noexec(const char *path)
{
	struct statvfs fs;

	return !statvfs(path, &fs) && fs.f_flag & ST_NOEXEC;
}

static int refuse_file(const char *path, int error, int *exit_status, struct err *err)
{
	*exit_status = STATUS_CANNOT_EXECUTE;
	if (error == EISDIR)
		return fail(err, "%s is a folder; name a program in it", path);
	if (error == ENXIO)
		return fail(err, "%s is a device, a pipe or a socket; name a program", path);
	if (error == EACCES && is_mounted_noexec(path))
		return fail(err,
			    "%s cannot be executed: its file system is mounted noexec; copy it to another",
			    path);
	if (error == EACCES)
		return fail(err, "%s cannot be executed: permission denied; try: chmod +x %s", path, path);
	if (error != ENOENT && error != ENOTDIR)
		return fail(err, "%s cannot be executed: %s", path, strerror(error));
	*exit_status = STATUS_NOT_FOUND;
	return fail(err, "%s: no such file; check the path", path);
}

static int find_in_path(const char *program, char **path, int *exit_status, struct err *err)
{
	const char *folders = getenv("PATH");
	char refused[PATH_MAX] = "", candidate[PATH_MAX];
	int refused_error = 0;

	if (!folders)
		folders = "/bin:/usr/bin"; /* as execvp(3) */
	for (const char *at = folders; at; at = *at ? at + 1 : NULL) {
		size_t n = strcspn(at, ":");
		int length =
		    snprintf(candidate, sizeof candidate, "%.*s%s%s", (int)n, at, n ? "/" : "", program);
		at += n;
		if (length < 0 || (size_t)length >= sizeof candidate)
			continue;
		int error = why_not_executable(candidate);
		if (!error) {
			*path = strdup(candidate);
			if (*path)
				return 0;
			*exit_status = STATUS_TOOL;
			return fail(err, "out of memory");
		}
		if (error == EACCES) {
			strcpy(refused, candidate);
			refused_error = error;
		}
	}
	if (refused_error)
		return refuse_file(refused, refused_error, exit_status, err);
	*exit_status = STATUS_NOT_FOUND;
	return fail(err,
		    "%s: no such program in PATH; check the spelling, or write ./%s for one in this folder",
		    program, program);
}

int program_find(const char *program, char **path, int *exit_status, struct err *err)
{
	*path = NULL;
	if (!*program) {
		*exit_status = STATUS_NOT_FOUND;
		return fail(err, "the program's name is empty; write: leakgraph run -- PROGRAM ARGS...");
	}
	if (!strchr(program, '/'))
		return find_in_path(program, path, exit_status, err);
	int error = why_not_executable(program);
	if (error)
		return refuse_file(program, error, exit_status, err);
	*path = strdup(program);
	if (*path)
		return 0;
	*exit_status = STATUS_TOOL;
	return fail(err, "out of memory");
}

/* ---- looking into the file --------------------------------------------------------------------------- */

static void inspect_script(const char *head, struct program_facts *f)
{
	const char *at = head + 2 + strspn(head + 2, " \t");
	size_t n = strcspn(at, " \t\r\n");

	f->kind = PROGRAM_SCRIPT;
	if (n < sizeof f->interpreter)
		memcpy(f->interpreter, at, n);
	at += n + strspn(at + n, " \t");
	n = strcspn(at, " \t\r\n");
	if (n < sizeof f->argument)
		memcpy(f->argument, at, n);
}

/* A string of the file, cut at `room` - 1 bytes; "" when it cannot be read. */
static void read_string(int fd, uint64_t offset, uint64_t bytes, char *out, size_t room)
{
	size_t n = bytes < room - 1 ? (size_t)bytes : room - 1;
	ssize_t got = offset > INT64_MAX ? -1 : pread(fd, out, n, (off_t)offset);

	out[got > 0 ? got : 0] = '\0';
}

/* libraries and symbols that tell of a sanitizer, which wants to be the first to see malloc */
static const struct {
	const char *library, *symbol, *name;
} sanitizers[] = {
	{ "libasan.so", "__asan_init", "AddressSanitizer" },
	{ "libhwasan.so", "__hwasan_init", "HWAddressSanitizer" },
	{ "liblsan.so", "__lsan_init", "LeakSanitizer" },
	{ "libmsan.so", "__msan_init", "MemorySanitizer" },
	{ "libtsan.so", "__tsan_init", "ThreadSanitizer" },
	{ "libclang_rt.", "__tls_get_addr",
	  "a sanitizer" }, /* gcc's with -static-libasan shows no name of its own */
};

/* One that is known by its own name stays so. */
static void see_sanitizer(struct program_facts *f, size_t i)
{
	if (!f->sanitizer || sanitizers[i].name[0] != 'a')
		f->sanitizer = sanitizers[i].name;
}

static void see_library(struct program_facts *f, const char *name)
{
	static const char *const glib[] = { "libglib-2", "libgobject-2", "libgio-2", "libgtk-" };
	static const char *const allocators[] = { "libjemalloc.so", "libtcmalloc", "libmimalloc",
						  "libsnmalloc",    "libhoard",	   "libtbbmalloc_proxy" };

	f->needs_libraries = true;
	f->is_python |= !strncmp(name, "libpython3", 10);
	for (size_t i = 0; i < sizeof glib / sizeof *glib; i++)
		f->uses_glib |= !strncmp(name, glib[i], strlen(glib[i]));
	for (size_t i = 0; i < sizeof sanitizers / sizeof *sanitizers; i++)
		if (!strncmp(name, sanitizers[i].library, strlen(sanitizers[i].library)))
			see_sanitizer(f, i);
	for (size_t i = 0; i < sizeof allocators / sizeof *allocators; i++)
		if (!strncmp(name, allocators[i], strlen(allocators[i])))
			snprintf(f->allocator, sizeof f->allocator, "%s", name);
}

static void see_symbol(struct program_facts *f, const char *name, const GElf_Sym *sym)
{
	unsigned type = GELF_ST_TYPE(sym->st_info);
	bool is_defined = sym->st_shndx != SHN_UNDEF && GELF_ST_BIND(sym->st_info) != STB_LOCAL;

	if (is_defined && (type == STT_FUNC || type == STT_GNU_IFUNC) && !strcmp(name, "malloc"))
		f->defines_malloc = true;
	f->is_python |= is_defined && !strcmp(name, "Py_BytesMain");
	if (is_defined && type == STT_FUNC && !strcmp(name, "_Znwm"))
		f->defines_new = true;
	for (size_t i = 0; i < sizeof sanitizers / sizeof *sanitizers; i++)
		if (is_defined && !strcmp(name, sanitizers[i].symbol))
			see_sanitizer(f, i);
}

static void inspect_dynsym(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, struct program_facts *f)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t n = data ? data->d_size / sizeof(Elf64_Sym) : 0;

	for (size_t i = 1; i < n && i < SYMBOLS_MAX; i++) {
		GElf_Sym sym;
		const char *name =
		    gelf_getsym(data, (int)i, &sym) ? elf_strptr(elf, header->sh_link, sym.st_name) : NULL;
		if (name)
			see_symbol(f, name, &sym);
	}
}

static void inspect_dynamic(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, struct program_facts *f)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t n = data ? data->d_size / sizeof(Elf64_Dyn) : 0;

	for (size_t i = 0; i < n && i < DYNAMIC_MAX; i++) {
		GElf_Dyn dyn;
		if (!gelf_getdyn(data, (int)i, &dyn) || dyn.d_tag == DT_NULL)
			return;
		if (dyn.d_tag != DT_NEEDED && dyn.d_tag != DT_SONAME)
			continue;
		const char *name = elf_strptr(elf, header->sh_link, dyn.d_un.d_val);
		if (name && dyn.d_tag == DT_NEEDED)
			see_library(f, name);
		else if (name && !strncmp(name, "ld-linux", 8))
			f->is_loader = true;
	}
}

static void inspect_notes(Elf_Scn *section, struct program_facts *f)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t name, text;
	GElf_Nhdr note;

	for (size_t at = 0; data && (at = gelf_getnote(data, at, &note, &name, &text)) > 0;)
		if (note.n_namesz == 4 && !memcmp((const char *)data->d_buf + name, "Go\0", 4))
			f->is_go = true;
		else if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
			 !memcmp((const char *)data->d_buf + name, "GNU", 4) &&
			 note.n_descsz <= LG_BUILD_ID_MAX) {
			memcpy(f->build_id, (const char *)data->d_buf + text, note.n_descsz);
			f->build_id_bytes = note.n_descsz;
		}
}

static void inspect_sections(Elf *elf, struct program_facts *f)
{
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return;
	for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
		GElf_Shdr header;
		if (!gelf_getshdr(section, &header))
			continue;
		const char *name = elf_strptr(elf, names, header.sh_name);
		if (header.sh_type == SHT_DYNSYM)
			inspect_dynsym(elf, section, &header, f);
		else if (header.sh_type == SHT_DYNAMIC)
			inspect_dynamic(elf, section, &header, f);
		else if (header.sh_type == SHT_NOTE)
			inspect_notes(section, f);
		else if (header.sh_type == SHT_SYMTAB)
			f->has_symtab = true;
		else if (name && (!strcmp(name, ".debug_info") || !strcmp(name, ".zdebug_info")))
			f->has_debug_info = true;
		else if (name && (!strcmp(name, ".gnu_debuglink") || !strcmp(name, ".gnu_debugdata")))
			f->has_debug_link = true;
	}
}

static void inspect_elf(Elf *elf, int fd, struct program_facts *f)
{
	GElf_Ehdr ehdr;
	size_t nsegments;

	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &ehdr) || elf_getphdrnum(elf, &nsegments))
		return;
	f->elf_class = ehdr.e_ident[EI_CLASS];
	f->machine = ehdr.e_machine;
	f->is_pie_like = ehdr.e_type == ET_DYN;
	bool is_loadable = false;
	for (size_t i = 0; i < nsegments; i++) {
		GElf_Phdr segment;
		if (!gelf_getphdr(elf, (int)i, &segment))
			break;
		is_loadable |= segment.p_type == PT_LOAD;
		if (segment.p_type == PT_INTERP)
			read_string(fd, segment.p_offset, segment.p_filesz, f->loader, sizeof f->loader);
	}
	f->is_sound = is_loadable && (ehdr.e_type == ET_EXEC || ehdr.e_type == ET_DYN);
	f->is_loader_missing = *f->loader && access(f->loader, F_OK);
	if (f->elf_class == ELFCLASS64)
		inspect_sections(elf, f);
}

/* Whether exec changes the user, the group or the capabilities, so that ld.so ignores LD_PRELOAD. */
static void inspect_privileges(const char *path, const struct stat *st, struct program_facts *f)
{
	bool gains_user = (st->st_mode & S_ISUID) && st->st_uid != getuid();
	bool gains_group =
	    (st->st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && st->st_gid != getgid();

	f->is_set_id = gains_user || gains_group;
	f->has_capabilities = getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0;
}

void program_inspect(const char *path, struct program_facts *f)
{
	struct stat st;
	char head[256] = "";

	*f = (struct program_facts){ .kind = PROGRAM_UNREADABLE };
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return;
	ssize_t got = pread(fd, head, sizeof head - 1, 0);
	f->kind = PROGRAM_OTHER;
	if (got >= 2 && !memcmp(head, "#!", 2)) {
		inspect_script(head, f);
	} else if (got >= SELFMAG && !memcmp(head, ELFMAG, SELFMAG)) {
		f->kind = PROGRAM_ELF;
		elf_version(EV_CURRENT);
		Elf *elf =
		    elf_begin(fd, ELF_C_READ, NULL); /* not mapped: a file that shrinks must not kill us */
		if (elf)
			inspect_elf(elf, fd, f);
		elf_end(elf);
		if (!fstat(fd, &st))
			inspect_privileges(path, &st, f);
	}
	close(fd);
}

/* ---- judging ----------------------------------------------------------------------------------------- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int judge_elf(const char *path, const struct program_facts *f, int *exit_status, struct err *err)
{
	*exit_status = STATUS_CANNOT_EXECUTE;
	if (!f->is_sound)
		return fail(err, "%s is a damaged ELF file or no program; build or install it again", path);
	*exit_status = STATUS_TOOL;
	if (f->machine != EM_X86_64 && f->machine != EM_386)
		return fail(
		    err,
		    "%s is built for another machine (ELF machine %u); leakgraph traces x86-64 programs: "
		    "run it there, or rebuild it",
		    path, f->machine);
	if (f->machine != EM_X86_64 || f->elf_class != ELFCLASS64)
		return fail(err,
			    "%s is a 32-bit program, which the 64-bit shim cannot be loaded into; rebuild it "
			    "with -m64",
			    path);
	if (!*f->loader && f->is_go)
		return fail(err,
			    "%s is a Go program without a C library: Go collects its memory itself, and no "
			    "malloc is there to be traced; use go tool pprof",
			    path);
	if (!*f->loader && f->needs_libraries && !f->is_loader) {
		*exit_status = STATUS_CANNOT_EXECUTE;
		return fail(err, "%s is a library; name a program that loads it", path);
	}
	if (!*f->loader && !f->is_loader)
		return fail(err,
			    "%s is statically linked (it asks for no loader), so nothing can be preloaded; "
			    "link it dynamically, without -static",
			    path);
	if (!strncmp(base_name(f->loader), "ld-musl", 7))
		return fail(
		    err,
		    "%s is linked with musl (%s), and the shim needs glibc; rebuild it on a glibc system",
		    path, f->loader);
	if (f->is_loader_missing) {
		*exit_status = STATUS_CANNOT_EXECUTE;
		return fail(err,
			    "%s asks for the loader %s, which is not here; install its libc, or rebuild it",
			    path, f->loader);
	}
	if (!f->is_loader && strncmp(base_name(f->loader), "ld-linux", 8))
		return fail(err, "%s uses the loader %s, which is not glibc's; rebuild it on a glibc system",
			    path, f->loader);
	if (f->is_set_id || f->has_capabilities)
		return fail(err,
			    "%s gains privileges (%s), so the loader ignores LD_PRELOAD; run it as its "
			    "owner, or trace a copy: cp %s .",
			    path, f->is_set_id ? "set-user-ID or set-group-ID" : "file capabilities", path);
	if (f->sanitizer && !f->is_loader) /* ld.so has a __tls_get_addr by right */
		return fail(err,
			    "%s is built with %s, which wants malloc for itself; rebuild it without "
			    "-fsanitize, or let the sanitizer find the leaks",
			    path, f->sanitizer);
	*exit_status = 0;
	return 0;
}

static int judge_script(const char *path, const struct program_facts *f, int *exit_status, struct err *err)
{
	*exit_status = STATUS_CANNOT_EXECUTE;
	if (!*f->interpreter)
		return fail(
		    err, "%s has a #! line that names no program (or one too long); correct its first line",
		    path);
	if (why_not_executable(f->interpreter))
		return fail(
		    err, "%s is run by %s, which is not there or cannot be executed; correct its first line",
		    path, f->interpreter);
	*exit_status = 0;
	return 0;
}

int program_judge(const char *path, const struct program_facts *f, int *exit_status, struct err *err)
{
	switch (f->kind) {
	case PROGRAM_ELF:
		return judge_elf(path, f, exit_status, err);
	case PROGRAM_OTHER:
		*exit_status = STATUS_CANNOT_EXECUTE;
		return fail(err,
			    "%s is neither an ELF program nor a script with a #! line; if it is a shell "
			    "script, add the line #!/bin/sh at its top",
			    path);
	case PROGRAM_SCRIPT:
		return judge_script(path, f, exit_status, err);
	case PROGRAM_UNREADABLE:
		break;
	}
	*exit_status = 0;
	return 0;
}

int program_judge_step(const char *path, unsigned depth, struct program_facts *facts, int *exit_status,
		       struct err *err)
{
	program_inspect(path, facts);
	if (facts->kind == PROGRAM_SCRIPT && depth > SCRIPT_DEPTH) {
		*exit_status = STATUS_CANNOT_EXECUTE;
		return fail(
		    err, "%s: #! lines lead from script to script without end; correct its first line", path);
	}
	return program_judge(path, facts, exit_status, err);
}

/* Follows the #! lines down to the program that really runs. */
static int judge_chain(const char *program, int *exit_status, struct err *err)
{
	struct program_facts facts;
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s", program);
	for (unsigned depth = 0;; depth++) {
		if (program_judge_step(path, depth, &facts, exit_status, err))
			return -1;
		if (facts.kind != PROGRAM_SCRIPT)
			return 0;
		memcpy(path, facts.interpreter, sizeof facts.interpreter);
	}
}

int record_preflight(const char *program, char **path, int *exit_status, struct err *err)
{
	*exit_status = 0;
	if (program_find(program, path, exit_status, err))
		return -1;
	if (!judge_chain(*path, exit_status, err))
		return 0;
	free(*path);
	*path = NULL;
	return -1;
}
