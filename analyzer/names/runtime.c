/* runtime.c: see runtime.h. The file is foreign: libelf reads its tables, and what it cannot read is absent. */
#include "names/runtime.h"

#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>

static bool is_runtime(const char *library)
{
	return !strncmp(library, "libstdc++.so", 12) || !strncmp(library, "libc++.so", 9) ||
	       !strncmp(library, "libc++abi.so", 12);
}

/* Its runtime is another file; or it is the C library, whose exceptions are cancelled threads. */
static bool brings_none(Elf *elf, Elf_Scn *dynamic, size_t strings)
{
	Elf_Data *data = elf_getdata(dynamic, NULL);
	GElf_Dyn entry;

	for (int i = 0; data && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++) {
		const char *name = entry.d_tag == DT_NEEDED || entry.d_tag == DT_SONAME
				       ? elf_strptr(elf, strings, entry.d_un.d_val)
				       : NULL;
		if (name && (entry.d_tag == DT_NEEDED ? is_runtime(name) : !strcmp(name, "libc.so.6")))
			return true;
	}
	return false;
}

static bool inspect(Elf *elf)
{
	bool has_exceptions = false, has_none = false;
	GElf_Shdr header;
	size_t names;

	if (!elf || elf_getshdrstrndx(elf, &names))
		return false;
	for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
		const char *name =
		    gelf_getshdr(section, &header) ? elf_strptr(elf, names, header.sh_name) : NULL;
		has_exceptions |= name && !strcmp(name, ".gcc_except_table");
		if (name && header.sh_type == SHT_DYNAMIC)
			has_none |= brings_none(elf, section, header.sh_link);
	}
	return has_exceptions && !has_none;
}

bool brings_cxx_runtime(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return false;
	elf_version(EV_CURRENT);
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
	bool answer = inspect(elf);
	elf_end(elf);
	close(fd);
	return answer;
}
