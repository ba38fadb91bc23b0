/* builtin.c: see builtin.h. */
#include "record/builtin.h"

#include <fcntl.h>
#include <gelf.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* jemalloc with a prefix (redis, MariaDB), as Rust's crates have it; mimalloc, rpmalloc, snmalloc */
static const char *const names[] = {
	"je_malloc", "_rjem_malloc", "_rjem_je_malloc", "mi_malloc", "rpmalloc", "sn_malloc",
};

static const char *known(const char *name)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(name, names[i]))
			return names[i];
	return NULL;
}

static const char *find_in_symbols(Elf *elf, Elf_Scn *section, const GElf_Shdr *header)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t n = data ? data->d_size / sizeof(Elf64_Sym) : 0;
	const char *found = NULL;
	GElf_Sym symbol;

	for (size_t i = 1; i < n && !found; i++) {
		if (!gelf_getsym(data, (int)i, &symbol) || symbol.st_shndx == SHN_UNDEF ||
		    GELF_ST_TYPE(symbol.st_info) != STT_FUNC)
			continue;
		const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);
		found = name ? known(name) : NULL;
	}
	return found;
}

static const char *find_in_sections(Elf *elf)
{
	const char *found = NULL;
	GElf_Shdr header;

	for (Elf_Scn *section = NULL; !found && (section = elf_nextscn(elf, section));)
		if (gelf_getshdr(section, &header) && header.sh_type == SHT_SYMTAB)
			found = find_in_symbols(elf, section, &header);
	return found;
}

const char *builtin_allocator(const char *program)
{
	int fd = open(program, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return NULL;
	elf_version(EV_CURRENT);
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL); /* not mapped: a file that shrinks must not kill us */
	const char *found = elf ? find_in_sections(elf) : NULL;
	elf_end(elf);
	close(fd);
	return found;
}
