/* sanitized.c: whether a program's file is built with a sanitizer that wants to be the first to see malloc: with the shim
 * before it, AddressSanitizer's refuses to run, and ThreadSanitizer's and MemorySanitizer's crash or hang.
 *
 * Its runtime is a needed library, or is linked in and then exports its own names. System calls and the stack only; what
 * cannot be read counts as absent. */
#include "shim.h"
#include "sys.h"

#include <string.h>

#define SEGMENTS_MAX 64u
#define LOADS_MAX 8u
#define ENTRIES_MAX 1024u
#define NEEDED_MAX 48u
#define HEADERS_AT_ONCE 8u /* by one system call */
#define ENTRIES_AT_ONCE 16u

struct file {
	int fd;
	struct part {
		uint64_t addr, bytes, offset;
	} loads[LOADS_MAX];
	unsigned nloads;
	uint64_t dynamic; /* offset, 0: none */
	uint64_t strings, hash; /* addresses, 0: none */
	uint32_t needed[NEEDED_MAX]; /* offsets in the strings */
	unsigned nneeded;
};

static bool read_at(const struct file *f, void *to, size_t bytes, uint64_t offset)
{
	return sys_pread(f->fd, to, bytes, offset) == (long)bytes;
}

static void take_segment(struct file *f, const Elf64_Phdr *h)
{
	if (h->p_type == PT_DYNAMIC)
		f->dynamic = h->p_offset;
	else if (h->p_type == PT_LOAD && f->nloads < LOADS_MAX)
		f->loads[f->nloads++] = (struct part){ h->p_vaddr, h->p_filesz, h->p_offset };
}

static __attribute__((noinline)) void read_segments(struct file *f, const Elf64_Ehdr *elf)
{
	unsigned all = elf->e_phnum < SEGMENTS_MAX ? elf->e_phnum : SEGMENTS_MAX, n;
	Elf64_Phdr h[HEADERS_AT_ONCE];

	for (unsigned at = 0; at < all; at += n) {
		n = all - at < HEADERS_AT_ONCE ? all - at : HEADERS_AT_ONCE;
		if (!read_at(f, h, n * sizeof *h, elf->e_phoff + at * sizeof *h))
			return;
		for (unsigned i = 0; i < n; i++)
			take_segment(f, &h[i]);
	}
}

/* Reads by address, as the loader would map it. */
static bool load(const struct file *f, void *to, size_t bytes, uint64_t addr)
{
	for (const struct part *p = f->loads; p < f->loads + f->nloads; p++)
		if (addr - p->addr < p->bytes)
			return read_at(f, to, bytes, p->offset + (addr - p->addr));
	return false;
}

/* False: it was the last. */
static bool take_entry(struct file *f, const Elf64_Dyn *d)
{
	if (d->d_tag == DT_STRTAB)
		f->strings = d->d_un.d_ptr;
	else if (d->d_tag == DT_GNU_HASH)
		f->hash = d->d_un.d_ptr;
	else if (d->d_tag == DT_NEEDED && f->nneeded < NEEDED_MAX)
		f->needed[f->nneeded++] = (uint32_t)d->d_un.d_val;
	return d->d_tag != DT_NULL;
}

/* The file may end soon after the last entry. */
static __attribute__((noinline)) void read_dynamic(struct file *f)
{
	Elf64_Dyn d[ENTRIES_AT_ONCE];

	for (unsigned at = 0; at < ENTRIES_MAX; at += ENTRIES_AT_ONCE) {
		long got = sys_pread(f->fd, d, sizeof d, f->dynamic + at * sizeof *d);
		for (unsigned i = 0; i < ENTRIES_AT_ONCE; i++)
			if (got < (long)((i + 1) * sizeof *d) || !take_entry(f, &d[i]))
				return;
	}
}

static bool is_runtime(const char *name)
{
	static const char *const names[] = { "libasan.so", "libtsan.so",   "libmsan.so",
					     "liblsan.so", "libhwasan.so", "libclang_rt." };

	for (unsigned k = 0; k < sizeof names / sizeof *names; k++)
		if (!strncmp(name, names[k], strlen(names[k])))
			return true;
	return false;
}

static bool needs_runtime(const struct file *f)
{
	char name[16] = "";

	for (unsigned i = 0; i < f->nneeded; i++)
		if (load(f, name, sizeof name - 1, f->strings + f->needed[i]) && is_runtime(name))
			return true;
	return false;
}

/* By its hash, of which 31 bits are compared: a name that is not there is found once in 10^9. `head` is the table's:
 * nbuckets, first, nblooms, shift. */
static bool exports(const struct file *f, const uint32_t head[4], const char *name)
{
	uint32_t h = gnu_hash(name), at, link;
	uint64_t bloom;

	uint64_t blooms = f->hash + 4 * sizeof *head, buckets = blooms + head[2] * 8ull,
		 chains = buckets + head[0] * 4ull;
	if (!load(f, &bloom, sizeof bloom, blooms + h / 64 % head[2] * 8ull) ||
	    !(bloom >> h % 64 & bloom >> (h >> head[3]) % 64 & 1) ||
	    !load(f, &at, sizeof at, buckets + h % head[0] * 4ull) || at < head[1])
		return false;
	for (unsigned i = 0; i < ENTRIES_MAX && load(f, &link, sizeof link, chains + (at - head[1]) * 4ull);
	     i++, at++)
		if ((link | 1) == (h | 1))
			return true;
		else if (link & 1)
			break;
	return false;
}

bool is_sanitized(int fd, const Elf64_Ehdr *elf)
{
	static const char *const names
	    [] = { "__asan_init",   "__tsan_init",   "__msan_init", "__lsan_init",
		   "__hwasan_init", "__tls_get_addr" /* intercepted by gcc's, which hides the others */ };
	struct file f = { .fd = fd };
	uint32_t head[4];

	read_segments(&f, elf);
	if (f.dynamic)
		read_dynamic(&f);
	if (needs_runtime(&f))
		return true;
	if (!f.hash || !load(&f, head, sizeof head, f.hash) || !head[0] || !head[2] || head[3] > 31)
		return false;
	for (unsigned k = 0; k < sizeof names / sizeof *names; k++)
		if (exports(&f, head, names[k]))
			return true;
	return false;
}
