/* modules.c: which module a pc lies in, described once per image in the shared table.
 *
 * _dl_find_object (glibc 2.35) takes no lock and is safe in signal handlers; dl_iterate_phdr would deadlock with
 * a dlopen in another thread. What is copied from a module is read while it is on the stack, so it is mapped. */
#include "shim.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>

#define HEADERS_MAX 64u

struct view { /* an object as the loader has it mapped */
	uint64_t start, end, bias, eh_frame_hdr;
	const char *path;
	const struct link_map *map;
	const ElfW(Phdr) * headers; /* NULL: not to be found */
	unsigned nheaders;
};

/* The executable, which the kernel maps: it leaves holes where the segments' alignment does, and then
 * _dl_find_object knows only the segment around pc (glibc elf/dl-find_object.c, l_contiguous). */
static void view_executable(struct view *v)
{
	v->headers = (const void *)getauxval(AT_PHDR);
	v->nheaders = v->headers ? (unsigned)getauxval(AT_PHNUM) : 0;
	for (unsigned i = 0; i < v->nheaders; i++) {
		const ElfW(Phdr) *h = &v->headers[i];
		uint64_t at = h->p_vaddr + v->bias;

		if (h->p_type != PT_LOAD)
			continue;
		if (at < v->start)
			v->start = at / LG_PAGE * LG_PAGE;
		if (at + h->p_memsz > v->end)
			v->end = at + h->p_memsz;
	}
}

static void view_library(struct view *v)
{
	const ElfW(Ehdr) *elf = (const void *)v->start;

	if (v->end - v->start < LG_PAGE || memcmp(elf->e_ident, ELFMAG, SELFMAG) ||
	    elf->e_phentsize != sizeof(ElfW(Phdr)) || elf->e_phnum > HEADERS_MAX ||
	    elf->e_phoff > LG_PAGE - elf->e_phnum * sizeof(ElfW(Phdr)))
		return;
	v->headers = (const void *)(v->start + elf->e_phoff);
	v->nheaders = elf->e_phnum;
}

static bool view_of(uint64_t pc, struct view *v)
{
	struct dl_find_object o;

	if (_dl_find_object((void *)pc, &o) || !o.dlfo_link_map)
		return false;
	*v = (struct view){
		.start = (uint64_t)o.dlfo_map_start,
		.end = (uint64_t)o.dlfo_map_end,
		.bias = o.dlfo_link_map->l_addr,
		.eh_frame_hdr = (uint64_t)o.dlfo_eh_frame,
		.path = o.dlfo_link_map->l_name ? o.dlfo_link_map->l_name : "",
		.map = o.dlfo_link_map,
	};
	if (!strcmp(v->path, "linux-vdso.so.1"))
		v->path = "[vdso]";
	if (*v->path)
		view_library(v);
	else
		view_executable(v);
	return true;
}

/* The segment that holds the CFI; without headers the whole module, which the loader maps without holes. */
static void view_cfi(const struct view *v, struct cfi_where *where)
{
	*where = (struct cfi_where){ v->eh_frame_hdr, v->start, v->end };
	for (unsigned i = 0; i < v->nheaders; i++) {
		const ElfW(Phdr) *h = &v->headers[i];
		uint64_t at = h->p_vaddr + v->bias;

		if (h->p_type == PT_LOAD && where->header - at < h->p_memsz) {
			where->low = at;
			where->high = at + h->p_memsz;
		}
	}
}

/* The GNU build-id note (ELF gABI notes; owner "GNU", type 3). */
static const uint8_t *view_build_id(const struct view *v, uint16_t *bytes)
{
	for (unsigned i = 0; i < v->nheaders; i++) {
		const ElfW(Phdr) *h = &v->headers[i];
		uint64_t at = h->p_vaddr + v->bias, end = at + h->p_memsz;

		if (h->p_type != PT_NOTE || at < v->start || end > v->end || end < at)
			continue;
		while (end - at > sizeof(ElfW(Nhdr))) {
			const ElfW(Nhdr) *n = (const void *)at;
			uint64_t desc = at + sizeof *n + ((n->n_namesz + 3ULL) & ~3ULL);
			uint64_t next = desc + ((n->n_descsz + 3ULL) & ~3ULL);

			if (next > end || n->n_descsz > LG_BUILD_ID_MAX)
				break;
			if (n->n_type == NT_GNU_BUILD_ID && n->n_namesz == 4 && !memcmp(n + 1, "GNU", 4)) {
				*bytes = (uint16_t)n->n_descsz;
				return (const uint8_t *)desc;
			}
			at = next;
		}
	}
	*bytes = 0;
	return NULL;
}

static bool module_is(const struct lg_module *m, const struct view *v, const uint8_t *id, uint16_t id_bytes)
{
	return atomic_load_explicit(&m->ready, memory_order_acquire) && m->start == v->start &&
	       m->end == v->end && m->bias == v->bias && m->build_id_bytes == id_bytes &&
	       !memcmp(m->build_id, id, id_bytes) && !strncmp(m->path, v->path, sizeof m->path - 1);
}

static uint32_t module_describe(const struct view *v, const uint8_t *id, uint16_t id_bytes)
{
	uint32_t n = atomic_fetch_add(&shim.area->nmodules, 1) + 1;

	if (n >= LG_MODULES) {
		atomic_store(&shim.area->nmodules, LG_MODULES - 1);
		return 0;
	}
	struct lg_module *m = &shim.modules[n];
	m->start = v->start;
	m->end = v->end;
	m->bias = v->bias;
	m->key = order_now();
	m->build_id_bytes = id_bytes;
	memcpy(m->build_id, id, id_bytes);
	strncpy(m->path, v->path, sizeof m->path - 1);
	m->path_cut = strlen(v->path) >= sizeof m->path;
	atomic_store_explicit(&m->ready, 1, memory_order_release);
	python_notice(v->map, n);
	return n;
}

uint32_t module_at(uint64_t pc, struct cfi_where *where, uint64_t *bias)
{
	struct view v;
	uint16_t id_bytes;

	if (!view_of(pc, &v))
		return 0;
	view_cfi(&v, where);
	*bias = v.bias;
	const uint8_t *id = view_build_id(&v, &id_bytes);
	for (uint32_t n = atomic_load(&shim.area->nmodules); n; n--)
		if (n < LG_MODULES && module_is(&shim.modules[n], &v, id, id_bytes))
			return n;
	return module_describe(&v, id, id_bytes);
}
