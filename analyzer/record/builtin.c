/* builtin.c: see builtin.h. The file is foreign: libelf reads its tables, and what cannot be read tells of nothing. */
#include "record/builtin.h"

#include <fcntl.h>
#include <gelf.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define WINDOW_BYTES (64u << 10)
#define MESSAGES_LEAST 2u /* who speaks of an allocator quotes one message of it */

/* One that is hidden, which its own calls go to; jemalloc with a prefix (redis, MariaDB), as Rust's crates have it; mimalloc,
 * rpmalloc, snmalloc */
static const char *const defined[] = {
	"malloc", "je_malloc", "_rjem_malloc", "_rjem_je_malloc", "mi_malloc", "rpmalloc", "sn_malloc",
};

/* What the libraries of jemalloc, mimalloc and tcmalloc have beside malloc, and serve without it */
static const char *const imported[] = {
	"mallocx",	     "rallocx",	       "dallocx",
	"sdallocx",	     "mi_malloc",      "mi_calloc",
	"mi_zalloc",	     "mi_realloc",     "mi_malloc_aligned",
	"mi_zalloc_aligned", "mi_heap_malloc", "mi_heap_calloc",
	"mi_heap_zalloc",    "mi_new",	       "mi_free",
	"tc_malloc",	     "tc_calloc",      "tc_realloc",
	"tc_memalign",	     "tc_new",	       "tc_newarray",
	"tc_free",
};

/* What all messages of one begin with, whatever its functions were called. The byte before them ends the string that they
 * follow. */
static const struct {
	const char *name, *message;
	size_t bytes;
} speakers[] = {
#define SPEAKER(name, message)                                                                               \
	{                                                                                                    \
		name, "\0" message, sizeof message                                                           \
	}
	SPEAKER("jemalloc", "<jemalloc>: "), SPEAKER("mimalloc", "mimalloc: "),
	SPEAKER("tcmalloc", "TCMALLOC_"), /* names of the environment */
#undef SPEAKER
};
#define NSPEAKERS (sizeof speakers / sizeof *speakers)

static const char *known(const char *name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (*name == *names[i] && !strcmp(name, names[i]))
			return names[i];
	return NULL;
}

/* ---- by symbols -------------------------------------------------------------------------------------- */

static void judge_symbol(const char *name, const Elf64_Sym *symbol, struct builtin *out)
{
	if (symbol->st_shndx != SHN_UNDEF && ELF64_ST_TYPE(symbol->st_info) == STT_FUNC)
		out->name = known(name, defined, sizeof defined / sizeof *defined);
	else if (symbol->st_shndx == SHN_UNDEF && ELF64_ST_BIND(symbol->st_info) == STB_GLOBAL)
		out->name = known(name, imported, sizeof imported / sizeof *imported);
	out->is_imported = symbol->st_shndx == SHN_UNDEF;
}

/* libelf's own look at each symbol and its name would take most of the time of a big program. */
static void find_in_symbols(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, struct builtin *out)
{
	Elf_Data *data = elf_getdata(section, NULL);
	Elf_Data *names = elf_getdata(elf_getscn(elf, header->sh_link), NULL);
	const Elf64_Sym *symbols = data ? data->d_buf : NULL;

	if (!symbols || !names || !names->d_size || ((const char *)names->d_buf)[names->d_size - 1])
		return;
	for (size_t i = 1; i < data->d_size / sizeof *symbols && !out->name; i++)
		if (symbols[i].st_name < names->d_size)
			judge_symbol((const char *)names->d_buf + symbols[i].st_name, &symbols[i], out);
}

/* ---- by messages ------------------------------------------------------------------------------------- */

struct tally {
	unsigned count[NSPEAKERS];
};

static void count_messages(struct tally *t, const char *text, size_t bytes)
{
	for (size_t s = 0; s < NSPEAKERS; s++)
		for (const char *at = text;
		     (at = memmem(at, (size_t)(text + bytes - at), speakers[s].message, speakers[s].bytes));
		     at++)
			t->count[s]++;
}

/* A message on the edge of two windows is not counted, or twice: there are dozens. */
static void listen_to(int fd, const GElf_Shdr *header, struct tally *t)
{
	char window[WINDOW_BYTES];

	for (uint64_t done = 0; done < header->sh_size;) {
		uint64_t left = header->sh_size - done;
		ssize_t got = pread(fd, window, left < sizeof window ? (size_t)left : sizeof window,
				    (off_t)(header->sh_offset + done));
		if (got <= 0)
			return;
		count_messages(t, window, (size_t)got);
		done += (uint64_t)got;
	}
}

static void find_in_messages(Elf *elf, int fd, struct builtin *out)
{
	struct tally heard = { 0 };
	GElf_Shdr header;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return;
	for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
		const char *name =
		    gelf_getshdr(section, &header) ? elf_strptr(elf, names, header.sh_name) : NULL;
		if (name && header.sh_type == SHT_PROGBITS && !strncmp(name, ".rodata", 7))
			listen_to(fd, &header, &heard);
	}
	for (size_t s = 0; s < NSPEAKERS && !out->name; s++)
		if (heard.count[s] >= MESSAGES_LEAST)
			*out = (struct builtin){ .name = speakers[s].name };
}

/* Messages of a program that still has its symbols need not be read, and may be many: node has 47 MB of constants. */
static void find(Elf *elf, int fd, struct builtin *out)
{
	bool is_stripped = true;
	GElf_Shdr header;

	for (Elf_Scn *section = NULL; !out->name && (section = elf_nextscn(elf, section));) {
		if (!gelf_getshdr(section, &header))
			continue;
		is_stripped &= header.sh_type != SHT_SYMTAB;
		if (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM)
			find_in_symbols(elf, section, &header, out);
	}
	if (!out->name && is_stripped)
		find_in_messages(elf, fd, out);
}

bool builtin_allocator(const char *program, struct builtin *out)
{
	int fd = open(program, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	*out = (struct builtin){ 0 };
	if (fd < 0)
		return false;
	elf_version(EV_CURRENT);
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL); /* not mapped: a file that shrinks must not kill us */
	if (elf && gelf_getclass(elf) == ELFCLASS64)
		find(elf, fd, out);
	elf_end(elf);
	close(fd);
	return out->name;
}

/* ---- once for each file ------------------------------------------------------------------------------ */

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

bool builtin_recall(struct builtin_memory *m, const char *program, struct builtin *out)
{
	size_t n = sizeof m->known / sizeof *m->known, i = 0;
	struct stat file;

	if (stat(program, &file))
		return builtin_allocator(program, out);
	while (i < n && !is_same(&m->known[i].file, &file))
		i++;
	if (i == n) {
		i = m->next++ % n;
		m->known[i].file = file;
		builtin_allocator(program, &m->known[i].found);
	}
	*out = m->known[i].found;
	return out->name;
}
