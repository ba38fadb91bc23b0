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

size_t object_bytes(struct object *o, uint64_t address, void *bytes, size_t count)
{
	GElf_Addr bias;
	uint64_t offset;
	Elf *elf = o->file ? dwfl_module_getelf(o->file, &bias) : NULL;
	Elf_Data *data = elf ? section_at(elf, address, &offset) : NULL;

	if (!data || !data->d_buf || offset > data->d_size)
		return 0;
	if (count > data->d_size - offset)
		count = data->d_size - offset;
	memcpy(bytes, (const char *)data->d_buf + offset, count);
	return count;
}

bool names_bytes(struct names *n, uint64_t address, void *bytes, size_t count)
{
	const struct trace_module *module;
	struct object *o = object_over(n, address, &module);

	return o && object_bytes(o, address - module->bias, bytes, count) == count;
}
