/* symbols.c: what a name stands for in one loaded module, read from its own tables: dlsym allocates where it finds nothing,
 * and leaves an error behind that the program may take for its own. For modules that
 * cannot go meanwhile. */
#include "shim.h"

#include <elf.h>
#include <link.h>
#include <string.h>

struct tables {
	const uint32_t *hash; /* DT_GNU_HASH: nbuckets, first, nblooms, shift; blooms; buckets; chains */
	const ElfW(Sym) * symbols;
	const char *strings;
};

/* The loader has made addresses of some modules' offsets, and left others (the vdso's) as they were. */
static const void *table_at(const struct link_map *m, uint64_t value)
{
	return (const void *)(value < m->l_addr ? value + m->l_addr : value);
}

static struct tables tables_of(const struct link_map *m)
{
	struct tables t = { 0 };

	for (const ElfW(Dyn) *d = m->l_ld; d && d->d_tag != DT_NULL; d++)
		if (d->d_tag == DT_GNU_HASH)
			t.hash = table_at(m, d->d_un.d_ptr);
		else if (d->d_tag == DT_SYMTAB)
			t.symbols = table_at(m, d->d_un.d_ptr);
		else if (d->d_tag == DT_STRTAB)
			t.strings = table_at(m, d->d_un.d_ptr);
	return t;
}

const ElfW(Sym) * symbol_in(const struct link_map *m, const char *name, unsigned char type)
{
	struct tables t = tables_of(m);
	uint32_t h = gnu_hash(name);

	if (!t.hash || !t.symbols || !t.strings || !t.hash[0] || !t.hash[2])
		return NULL;
	const uint64_t *blooms = (const void *)(t.hash + 4);
	const uint32_t *buckets = (const void *)(blooms + t.hash[2]), *chains = buckets + t.hash[0];
	uint64_t bloom = blooms[h / 64 % t.hash[2]];
	if (!(bloom >> h % 64 & bloom >> (h >> t.hash[3]) % 64 & 1))
		return NULL;
	for (uint32_t n = buckets[h % t.hash[0]]; n && n >= t.hash[1]; n++) {
		const ElfW(Sym) *s = &t.symbols[n];
		uint32_t link = chains[n - t.hash[1]];

		if ((link | 1) == (h | 1) && s->st_shndx != SHN_UNDEF && s->st_value &&
		    ELF64_ST_TYPE(s->st_info) == type && !strcmp(t.strings + s->st_name, name))
			return s;
		if (link & 1)
			break;
	}
	return NULL;
}

const struct link_map *symbol_definer(const struct link_map *m, const char *name, void **function)
{
	for (; m; m = m->l_next) {
		const ElfW(Sym) *s = symbol_in(m, name, STT_FUNC);

		if (s) {
			*function = (void *)(m->l_addr + s->st_value);
			return m;
		}
	}
	return NULL;
}
