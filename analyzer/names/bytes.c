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

/* ---- who made it ------------------------------------------------------------------------------------- */

static bool has_comment(Elf *elf, const char *text)
{
	size_t names;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return false;
	for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
		GElf_Shdr header;
		const char *name =
		    gelf_getshdr(section, &header) ? elf_strptr(elf, names, header.sh_name) : NULL;
		if (!name || strcmp(name, ".comment") != 0)
			continue;
		Elf_Data *data = elf_rawdata(section, NULL);
		return data && data->d_buf && memmem(data->d_buf, data->d_size, text, strlen(text));
	}
	return false;
}

bool names_program_is_by(struct names *n, const char *compiler)
{
	const struct trace *t = n->trace;
	const struct trace_module *module;
	GElf_Addr bias;

	for (size_t i = 0; i < t->nmodules; i++) {
		const char *path = t->modules[i].path;
		if (!path || !t->process.executable || strcmp(path, t->process.executable) != 0)
			continue;
		struct object *o = object_with(n, t->modules[i].id, &module);
		Elf *elf = o && o->file ? dwfl_module_getelf(o->file, &bias) : NULL;
		return elf && has_comment(elf, compiler);
	}
	return false;
}
