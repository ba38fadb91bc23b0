/* imports.c: what the loader puts into words of the global offset table, by the relocations that ask for it: functions
 * that stubs of the procedure linkage table jump to, and the module's number for thread-local storage; and what a module
 * has for others to import. */
#include "names/decode.h"
#include "names/inside.h"

#include <string.h>

#define STUB_INSNS 3u /* endbr64, jmp *word(%rip) */

/* The address of the word that a stub jumps through; 0: it is none. */
static uint64_t stub_word(struct object *o, uint64_t address)
{
	uint8_t bytes[INSN_MAX];

	for (unsigned i = 0; i < STUB_INSNS; i++) {
		struct insn insn = insn_decode(bytes, object_bytes(o, address, bytes, sizeof bytes), address);
		if (!insn.length || (insn.op == INSN_JUMP && (insn.target || insn.base != REG_RIP)))
			return 0;
		address += insn.length;
		if (insn.op == INSN_JUMP)
			return address + (uint64_t)insn.disp;
		if (insn.writes || insn.op != INSN_OTHER)
			return 0;
	}
	return 0;
}

static const char *symbol_name(Elf *elf, size_t symbols, size_t index)
{
	Elf_Scn *section = elf_getscn(elf, symbols);
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
	GElf_Shdr header;
	GElf_Sym symbol;

	if (!data || !gelf_getshdr(section, &header) || !gelf_getsym(data, (int)index, &symbol))
		return NULL;
	return elf_strptr(elf, header.sh_link, symbol.st_name);
}

/* The symbol of the relocation in a section that fills the word. */
static const char *relocated_by(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, uint64_t word)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t n = data && header->sh_entsize ? header->sh_size / header->sh_entsize : 0;
	GElf_Rela r;

	for (size_t i = 0; i < n && gelf_getrela(data, (int)i, &r); i++)
		if (r.r_offset == word && GELF_R_SYM(r.r_info))
			return symbol_name(elf, header->sh_link, GELF_R_SYM(r.r_info));
	return NULL;
}

const char *object_import(struct object *o, uint64_t address)
{
	uint64_t word = stub_word(o, address);
	GElf_Addr bias;
	Elf *elf = word ? dwfl_module_getelf(o->file, &bias) : NULL;
	const char *name = NULL;

	for (Elf_Scn *section = NULL; elf && !name && (section = elf_nextscn(elf, section));) {
		GElf_Shdr header;
		if (gelf_getshdr(section, &header) && header.sh_type == SHT_RELA &&
		    header.sh_flags & SHF_ALLOC)
			name = relocated_by(elf, section, &header, word);
	}
	return name;
}

/* Of a section's relocations the word that gets the number of the module itself. */
static uint64_t number_word(Elf *elf, Elf_Scn *section, const GElf_Shdr *header)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t n = data && header->sh_entsize ? header->sh_size / header->sh_entsize : 0;
	Elf_Scn *table = elf_getscn(elf, header->sh_link);
	Elf_Data *symbols = table ? elf_getdata(table, NULL) : NULL;
	GElf_Rela r;
	GElf_Sym symbol;

	for (size_t i = 0; i < n && gelf_getrela(data, (int)i, &r); i++) {
		if (GELF_R_TYPE(r.r_info) != R_X86_64_DTPMOD64)
			continue;
		if (!GELF_R_SYM(r.r_info) ||
		    (symbols && gelf_getsym(symbols, (int)GELF_R_SYM(r.r_info), &symbol) &&
		     symbol.st_shndx != SHN_UNDEF))
			return r.r_offset;
	}
	return 0;
}

uint64_t object_tls_number(struct object *o)
{
	GElf_Addr bias;
	Elf *elf = o->file && !o->has_tls_number ? dwfl_module_getelf(o->file, &bias) : NULL;

	o->has_tls_number = true;
	for (Elf_Scn *section = NULL; elf && !o->tls_number && (section = elf_nextscn(elf, section));) {
		GElf_Shdr header;
		if (gelf_getshdr(section, &header) && header.sh_type == SHT_RELA &&
		    header.sh_flags & SHF_ALLOC)
			o->tls_number = number_word(elf, section, &header);
	}
	return o->tls_number;
}

/* ---- exports ------------------------------------------------------------------------------------------- */

static uint64_t exported_by(Elf_Scn *section, const GElf_Shdr *header, Elf *elf, const char *function)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t n = data && header->sh_entsize ? header->sh_size / header->sh_entsize : 0;
	GElf_Sym symbol;

	for (size_t i = 0; i < n && gelf_getsym(data, (int)i, &symbol); i++) {
		const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);
		if (symbol.st_shndx != SHN_UNDEF && name && !strcmp(name, function))
			return symbol.st_value;
	}
	return 0;
}

uint64_t object_export(struct object *o, const char *function)
{
	GElf_Addr bias;
	Elf *elf = o->file ? dwfl_module_getelf(o->file, &bias) : NULL;

	for (Elf_Scn *section = NULL; elf && (section = elf_nextscn(elf, section));) {
		GElf_Shdr header;
		if (gelf_getshdr(section, &header) && header.sh_type == SHT_DYNSYM)
			return exported_by(section, &header, elf, function);
	}
	return 0;
}
