/* remote.c: see remote.h. Memory is read by the page. A page of what the loader maps read-only is kept as long as
 * what libunwind keeps of the code: until a module has gone. Any other is kept for one walk. */
#include "record/remote.h"

#include "record/accessors.h"
#include "record/proc.h"

#include <elf.h>
#include <errno.h>
#include <libunwind-x86_64.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

/* In libunwind's libraries, for remote unwinders like this one, though in none of its headers. */
#define search_unwind_table UNW_OBJ(dwarf_search_unwind_table)
int search_unwind_table(unw_addr_space_t space, unw_word_t ip, unw_dyn_info_t *di, unw_proc_info_t *info,
			int need, void *context);

#define PAGES 1024u /* direct-mapped, a power of two */
#define CFI_CACHE_ROWS (1u << 14)
#define HEADERS_MAX 64u
#define ENTRY_BYTES 64u /* what a loader's or a program's entry takes up at most, where no CFI says it */

struct page {
	uint64_t number; /* 0: vacant */
	uint64_t walk; /* when it was read; LASTING: holds until remote_forget() */
	unsigned char bytes[LG_PAGE];
};
#define LASTING UINT64_MAX

/* What the first bytes of a file hold, its headers and notes, tells it from others: in a walk's first step through a
 * file these are looked at again, since another may have taken its place. */
#define HEAD_BYTES 1024u

/* The file behind a mapping of code. */
struct code {
	bool is_known, has_cfi;
	uint64_t walk; /* in which it was last seen to be there */
	uint64_t head_at;
	unsigned char head[HEAD_BYTES];
	uint64_t bias, entry; /* entry: address where a process begins, 0: none */
	uint8_t build_id[LG_BUILD_ID_MAX];
	size_t build_id_bytes; /* 0: none */
	unw_dyn_info_t cfi;
};

struct remote {
	uint64_t regs[LG_REGS]; /* of the walk; first: see accessors.h */
	uint32_t pid;
	unw_addr_space_t space;
	struct trace_mapping *mappings; /* sorted; NULL: to be read */
	struct code *codes; /* one for each mapping */
	size_t nmappings;
	struct page *pages;
	uint64_t walk;
	bool is_gone;
};

/* ---- memory ------------------------------------------------------------------------------------------ */

static struct trace_mapping *mapping_at(const struct remote *r, uint64_t addr)
{
	size_t at = mappings_after(r->mappings, r->nmappings, addr);

	return at < r->nmappings && r->mappings[at].start <= addr ? &r->mappings[at] : NULL;
}

static bool is_lasting(const struct remote *r, uint64_t addr)
{
	const struct trace_mapping *m = mapping_at(r, addr);

	return m && !(m->prot & PROT_WRITE) && (m->path[0] == '/' || !strcmp(m->path, "[vdso]"));
}

static const struct page *page_of(struct remote *r, uint64_t addr)
{
	uint64_t number = addr / LG_PAGE;
	struct page *p = &r->pages[number % PAGES];

	if (p->number == number && (p->walk == r->walk || p->walk == LASTING))
		return p;
	struct iovec here = { p->bytes, LG_PAGE }, there = { (void *)(number * LG_PAGE), LG_PAGE };
	p->number = 0;
	if (process_vm_readv((pid_t)r->pid, &here, 1, &there, 1, 0) != LG_PAGE) {
		r->is_gone |= errno != EFAULT;
		return NULL;
	}
	p->number = number;
	p->walk = is_lasting(r, addr) ? LASTING : r->walk;
	return p;
}

static bool read_memory(struct remote *r, uint64_t addr, void *to, size_t bytes)
{
	unsigned char *at = to;

	while (bytes) {
		const struct page *p = page_of(r, addr);
		size_t offset = addr % LG_PAGE, n = LG_PAGE - offset < bytes ? LG_PAGE - offset : bytes;

		if (!p)
			return false;
		memcpy(at, p->bytes + offset, n);
		at += n;
		addr += n;
		bytes -= n;
	}
	return true;
}

/* ---- code -------------------------------------------------------------------------------------------- */

/* What .eh_frame_hdr's first bytes must be for its table to be searched: version 1, a 32-bit pc-relative pointer, a
 * 32-bit count, pairs of 32-bit offsets from the header. All linkers of today write just that. */
static const uint8_t searchable[4] = { 1, 0x1b, 0x03, 0x3b };

struct cfi_header {
	uint8_t encodings[4];
	int32_t eh_frame;
	uint32_t count;
};

static void take_cfi(struct remote *r, const struct trace_mapping *m, struct code *c, uint64_t header_at)
{
	struct cfi_header header;

	if (!read_memory(r, header_at, &header, sizeof header) ||
	    memcmp(header.encodings, searchable, sizeof searchable) != 0)
		return;
	c->has_cfi = true;
	c->cfi = (unw_dyn_info_t){ .start_ip = m->start,
				   .end_ip = m->end,
				   .format = UNW_INFO_FORMAT_REMOTE_TABLE,
				   .u.rti = { .segbase = header_at,
					      .table_data = header_at + sizeof header,
					      .table_len = header.count } };
}

/* The GNU build-id, in a segment of notes (ELF gABI notes; owner "GNU", type 3). */
static void take_build_id(struct remote *r, struct code *c, uint64_t at, uint64_t end)
{
	Elf64_Nhdr note;

	while (at + sizeof note < end && read_memory(r, at, &note, sizeof note)) {
		uint64_t name = at + sizeof note, desc = name + ((note.n_namesz + 3ull) & ~3ull);

		if (note.n_type == NT_GNU_BUILD_ID && note.n_descsz <= sizeof c->build_id &&
		    read_memory(r, desc, c->build_id, note.n_descsz))
			c->build_id_bytes = note.n_descsz;
		at = desc + ((note.n_descsz + 3ull) & ~3ull);
	}
}

static void take_segment(struct remote *r, const struct trace_mapping *m, struct code *c, const Elf64_Phdr *h)
{
	uint64_t at = h->p_vaddr + c->bias;

	if (h->p_type == PT_GNU_EH_FRAME)
		take_cfi(r, m, c, at);
	else if (h->p_type == PT_NOTE)
		take_build_id(r, c, at, at + h->p_memsz);
}

/* The mapping that holds the ELF header of the file which `m` is a part of. */
static const struct trace_mapping *head_of(const struct remote *r, const struct trace_mapping *m)
{
	for (const struct trace_mapping *head = m; m->path[0]; head--) {
		if (!head->file_offset && !strcmp(head->path, m->path))
			return head;
		if (head == r->mappings)
			break;
	}
	return NULL;
}

static void take_code(struct remote *r, const struct trace_mapping *m, struct code *c)
{
	const struct trace_mapping *head = head_of(r, m);
	Elf64_Phdr headers[HEADERS_MAX];
	Elf64_Ehdr elf;

	c->is_known = true;
	c->walk = r->walk;
	c->head_at = head ? head->start : 0;
	if (!head || !read_memory(r, head->start, c->head, sizeof c->head) ||
	    !read_memory(r, head->start, &elf, sizeof elf) || memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0 ||
	    elf.e_phnum > HEADERS_MAX ||
	    !read_memory(r, head->start + elf.e_phoff, headers, elf.e_phnum * sizeof *headers))
		return;
	c->bias = head->start;
	for (unsigned i = 0; i < elf.e_phnum; i++)
		if (headers[i].p_type == PT_LOAD) {
			c->bias = head->start - (headers[i].p_vaddr & ~(uint64_t)(LG_PAGE - 1));
			break;
		}
	c->entry = elf.e_entry ? elf.e_entry + c->bias : 0;
	for (unsigned i = 0; i < elf.e_phnum; i++)
		take_segment(r, m, c, &headers[i]);
}

static void read_mappings(struct remote *r)
{
	r->mappings = proc_mappings(r->pid, &r->nmappings);
	r->codes = calloc(r->nmappings + 1, sizeof *r->codes);
	if (!r->codes)
		r->nmappings = 0;
}

static struct trace_mapping *code_mapping(struct remote *r, uint64_t pc)
{
	struct trace_mapping *m = mapping_at(r, pc);

	return m && m->prot & PROT_EXEC ? m : NULL;
}

/* What is known of the code at pc; NULL: nothing. */
static struct code *code_known(struct remote *r, uint64_t pc)
{
	const struct trace_mapping *m = code_mapping(r, pc);
	struct code *c = m ? &r->codes[m - r->mappings] : NULL;

	if (c && !c->is_known)
		take_code(r, m, c);
	return c;
}

static bool is_still_there(struct remote *r, struct code *c)
{
	unsigned char head[HEAD_BYTES];
	struct iovec here = { head, sizeof head }, there = { (void *)c->head_at, sizeof head };

	if (c->walk == r->walk || !c->head_at)
		return true;
	c->walk = r->walk;
	return process_vm_readv((pid_t)r->pid, &here, 1, &there, 1, 0) == sizeof head &&
	       !memcmp(head, c->head, sizeof head);
}

static const struct code *code_at(struct remote *r, uint64_t pc)
{
	struct code *c = code_known(r, pc);

	if (c && is_still_there(r, c))
		return c;
	remote_forget(r);
	return code_known(r, pc);
}

bool remote_code(struct remote *r, uint64_t pc, uint64_t *start, uint64_t *end)
{
	const struct trace_mapping *m = code_at(r, pc) ? code_mapping(r, pc) : NULL;

	*start = m ? m->start : 0;
	*end = m ? m->end : 0;
	return m;
}

bool remote_is_build(struct remote *r, uint64_t pc, const uint8_t *build_id, size_t bytes)
{
	const struct code *c = code_at(r, pc);

	return c && c->build_id_bytes == bytes && !memcmp(c->build_id, build_id, bytes);
}

void remote_name(struct remote *r, uint64_t addr, char *text, size_t room)
{
	const struct code *c = code_at(r, addr);
	const struct trace_mapping *m = c ? code_mapping(r, addr) : NULL;
	const char *slash = m ? strrchr(m->path, '/') : NULL;

	if (!m || !m->path[0])
		snprintf(text, room, "%#llx", (unsigned long long)addr);
	else
		snprintf(text, room, "%s+%#llx", slash ? slash + 1 : m->path,
			 (unsigned long long)(addr - c->bias));
}

/* ---- what libunwind asks ----------------------------------------------------------------------------- */

static int find_proc_info(unw_addr_space_t space, unw_word_t ip, unw_proc_info_t *info, int need,
			  void *context)
{
	const struct code *c = code_at(context, ip);

	if (!c || !c->has_cfi)
		return -UNW_ENOINFO;
	unw_dyn_info_t cfi = c->cfi;
	return search_unwind_table(space, ip, &cfi, info, need, context);
}

static void put_unwind_info(unw_addr_space_t space, unw_proc_info_t *info, void *context)
{
	(void)space, (void)info, (void)context;
}

static int access_mem(unw_addr_space_t space, unw_word_t addr, unw_word_t *value, int write, void *context)
{
	(void)space;
	return !write && read_memory(context, addr, value, sizeof *value) ? 0 : -UNW_EINVAL;
}

static unw_accessors_t accessors = {
	.find_proc_info = find_proc_info,
	.put_unwind_info = put_unwind_info,
	.access_mem = access_mem,
	SHARED_ACCESSORS,
};

/* ---- a walk ------------------------------------------------------------------------------------------ */

/* Where a signal handler returns to: mov $SYS_rt_sigreturn, %rax; syscall. unw_is_signal_frame() of libunwind 1.6 says
 * yes only where there is no CFI. */
static bool is_signal_return(struct remote *r, uint64_t pc)
{
	static const unsigned char code[] = { 0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05 };
	unsigned char here[sizeof code];

	return read_memory(r, pc, here, sizeof here) && !memcmp(here, code, sizeof code);
}

/* libunwind stopped at this frame: because its CFI says so, because it is where a process begins (the loader's entry
 * has no CFI), or because it knows no better? */
static enum remote_end end_at(struct remote *r, unw_cursor_t *cursor, unw_word_t pc, int step)
{
	const struct code *c = code_at(r, pc - 1);

	if (r->is_gone)
		return REMOTE_GONE;
	if (c && c->entry && pc >= c->entry && pc < c->entry + ENTRY_BYTES)
		return REMOTE_OUTERMOST;
	return has_cfi(cursor) && step == 0 ? REMOTE_OUTERMOST : REMOTE_LOST;
}

size_t remote_unwind(struct remote *r, uint64_t regs_at, uint64_t *frames, size_t room, enum remote_end *end)
{
	unw_cursor_t cursor;
	unw_word_t pc;
	size_t n = 0;
	int step = 1;
	bool interrupted = true;

	r->walk++;
	*end = REMOTE_FULL;
	if (!read_memory(r, regs_at, r->regs, sizeof r->regs) || unw_init_remote(&cursor, r->space, r)) {
		*end = r->is_gone ? REMOTE_GONE : REMOTE_LOST;
		return 0;
	}
	while (n < room) {
		if (unw_get_reg(&cursor, UNW_REG_IP, &pc) || !pc) {
			*end = REMOTE_LOST;
			break;
		}
		frames[n++] = pc + interrupted;
		code_at(r, pc); /* forgets what is no longer there, before it is stepped by */
		interrupted = is_signal_return(r, pc);
		unw_cursor_t inside = cursor;
		step = unw_step(&cursor);
		if (step <= 0) {
			*end = end_at(r, &inside, pc, step);
			break;
		}
	}
	return n;
}

/* ---- opening and closing ----------------------------------------------------------------------------- */

struct remote *remote_open(uint32_t pid)
{
	struct remote *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
	r->pid = pid;
	r->pages = calloc(PAGES, sizeof *r->pages);
	r->space = unw_create_addr_space(&accessors, 0);
	if (!r->pages || !r->space) {
		remote_close(r);
		return NULL;
	}
	unw_set_caching_policy(r->space, UNW_CACHE_GLOBAL);
	unw_set_cache_size(r->space, CFI_CACHE_ROWS, 0);
	read_mappings(r);
	return r;
}

void remote_forget(struct remote *r)
{
	unw_flush_cache(r->space, 0, 0);
	for (size_t i = 0; i < PAGES; i++)
		r->pages[i].number = 0;
	proc_mappings_free(r->mappings, r->nmappings);
	free(r->codes);
	read_mappings(r);
}

void remote_close(struct remote *r)
{
	if (!r)
		return;
	if (r->space)
		unw_destroy_addr_space(r->space);
	proc_mappings_free(r->mappings, r->nmappings);
	free(r->codes);
	free(r->pages);
	free(r);
}
