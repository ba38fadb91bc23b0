/* bytes.c: what a module's file holds at an address. Debug files have no contents of their own; they do not answer. */
#include "names/inside.h"

#include <string.h>

/* The section with contents that covers an ELF virtual address. */
static Elf_Data *section_at(Elf *elf, uint64_t address, uint64_t *offset)
{
	for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
		GElf_Shdr header;
		if (!gelf_getshdr(section, &header) || !(header.sh_flags & SHF_ALLOC) ||
		    header.sh_type == SHT_NOBITS || address - header.sh_addr >= header.sh_size)
			continue;
		*offset = address - header.sh_addr;
		return elf_rawdata(section, NULL);
	}
	return NULL;
}

bool names_bytes(struct names *n, uint64_t address, void *bytes, size_t count)
{
	const struct trace_module *module;
	struct object *o = object_over(n, address, &module);
	GElf_Addr bias;
	uint64_t offset;

	if (!o || !o->file)
		return false;
	Elf *elf = dwfl_module_getelf(o->file, &bias);
	Elf_Data *data = elf ? section_at(elf, address - module->bias, &offset) : NULL;
	if (!data || !data->d_buf || offset > data->d_size || data->d_size - offset < count)
		return false;
	memcpy(bytes, (const char *)data->d_buf + offset, count);
	return true;
}
