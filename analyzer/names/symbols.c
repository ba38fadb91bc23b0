/* symbols.c: the symbol table of an object, sorted once, so that a look-up is a binary search.
 *
 * libdwfl chooses the table (.symtab of the file or of its debug file, mini-debuginfo, .dynsym) and could answer
 * addresses itself, but walks the whole table for each: 10,000 frames of a compiler would take half a minute. */
#include "names/inside.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

static bool is_code(const GElf_Sym *sym, const GElf_Shdr *section)
{
	int type = GELF_ST_TYPE(sym->st_info);

	return type == STT_FUNC || type == STT_GNU_IFUNC ||
	       (type == STT_NOTYPE && (section->sh_flags & SHF_EXECINSTR)); /* labels of assembly */
}

static bool is_data(const GElf_Sym *sym, const GElf_Shdr *section)
{
	return GELF_ST_TYPE(sym->st_info) == STT_OBJECT && !(section->sh_flags & SHF_TLS);
}

static bool is_choosable(const char *name, GElf_Word section_index)
{
	return name && *name && section_index != SHN_UNDEF && section_index != SHN_ABS;
}

static bool symbols_push(struct symbols *s, const struct symbol *symbol)
{
	if (s->n == s->room) {
		size_t room = s->room ? s->room * 2 : 256;
		struct symbol *all = reallocarray(s->all, room, sizeof *all);
		if (!all)
			return false;
		s->all = all;
		s->room = room;
	}
	s->all[s->n++] = *symbol;
	return true;
}

/* Code without a size reaches as far as its section for now; code_narrow() cuts it at its neighbour. */
static uint64_t code_end(const struct symbol *symbol, const GElf_Shdr *section, GElf_Addr section_start)
{
	if (symbol->is_sized)
		return symbol->address + symbol->size;
	if (symbol->address - section_start < section->sh_size)
		return section_start + section->sh_size;
	return symbol->address + 1;
}

/* Takes one symbol in; false: no memory. */
static bool take_symbol(struct object *o, int index)
{
	struct symbols *s = &o->symbols;
	GElf_Sym sym;
	GElf_Addr address;
	GElf_Word section_index;
	Elf *elf;
	Dwarf_Addr elf_bias;
	GElf_Shdr section = { 0 };
	const char *name =
	    dwfl_module_getsym_info(o->file, index, &sym, &address, &section_index, &elf, &elf_bias);

	if (!is_choosable(name, section_index))
		return true;
	if (section_index < SHN_LORESERVE)
		gelf_getshdr(elf_getscn(elf, section_index), &section);
	struct symbol symbol = { .name = name,
				 .address = address - o->bias,
				 .size = sym.st_size,
				 .binding = GELF_ST_BIND(sym.st_info),
				 .is_sized = sym.st_size > 0 };
	uint32_t item = (uint32_t)s->n;

	if (is_code(&sym, &section))
		return symbols_push(s, &symbol) &&
		       spans_add(&s->code, symbol.address,
				 code_end(&symbol, &section, section.sh_addr + elf_bias - o->bias), item);
	if (is_data(&sym, &section))
		return symbols_push(s, &symbol) &&
		       spans_add(&s->data, symbol.address, symbol.address + (sym.st_size ? sym.st_size : 1),
				 item);
	return true;
}

/* Cuts guessed ends at the next symbol's start. */
static void code_narrow(struct spans *r, const struct symbol *all)
{
	uint64_t next = UINT64_MAX; /* the lowest start above at[i].low */

	for (size_t i = r->n; i-- > 0;) {
		struct span *c = &r->at[i];
		if (i + 1 < r->n && r->at[i + 1].low > c->low)
			next = r->at[i + 1].low;
		if (!all[c->item].is_sized && c->high > next)
			c->high = next;
	}
}

static void symbols_read(struct object *o)
{
	struct symbols *s = &o->symbols;

	if (s->is_read)
		return;
	s->is_read = true;
	int n = o->file ? dwfl_module_getsymtab(o->file) : 0;
	for (int i = 1; i < n; i++) /* 0 is the null symbol */
		if (!take_symbol(o, i))
			break; /* no memory: go on with what is there */
	spans_sort(&s->code);
	code_narrow(&s->code, s->all);
	spans_sort(&s->code);
	spans_sort(&s->data);
}

static unsigned binding_rank(uint8_t binding)
{
	return binding == STB_GLOBAL ? 0 : binding == STB_WEAK ? 1 : 2;
}

/* A real size beats a guess, the nearest start a farther one, global weak and weak local, fewer underscores more
 * ("environ", not "__environ"); the rest is settled by spelling, so that it never depends on the table's order. */
static bool is_better(const struct symbol *a, const struct symbol *b)
{
	if (a->is_sized != b->is_sized)
		return a->is_sized;
	if (a->address != b->address)
		return a->address > b->address;
	if (binding_rank(a->binding) != binding_rank(b->binding))
		return binding_rank(a->binding) < binding_rank(b->binding);
	if (a->size != b->size)
		return a->size < b->size;
	size_t bars_a = strspn(a->name, "_"), bars_b = strspn(b->name, "_");
	return bars_a != bars_b ? bars_a < bars_b : strcmp(a->name, b->name) < 0;
}

#define SYMBOLS_LOOKED_AT 4096 /* that cover one address; a sane file has a dozen */

static const struct symbol *choose(const struct symbols *s, const struct spans *r, uint64_t address)
{
	const struct symbol *best = NULL;
	unsigned looked_at = 0;

	for (const struct span *c = spans_first(r, address); c; c = spans_next(r, c, address)) {
		const struct symbol *symbol = &s->all[c->item];
		if (!best || is_better(symbol, best))
			best = symbol;
		if (++looked_at == SYMBOLS_LOOKED_AT)
			break;
	}
	return best;
}

const struct symbol *symbol_of_code(struct object *o, uint64_t address)
{
	symbols_read(o);
	return choose(&o->symbols, &o->symbols.code, address);
}

const struct symbol *symbol_of_data(struct object *o, uint64_t address)
{
	symbols_read(o);
	return choose(&o->symbols, &o->symbols.data, address);
}

bool symbols_know_code(struct object *o)
{
	symbols_read(o);
	return o->symbols.code.n > 0;
}

void symbols_free(struct symbols *s)
{
	spans_free(&s->code);
	spans_free(&s->data);
	free(s->all);
	*s = (struct symbols){ 0 };
}
