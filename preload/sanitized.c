/* sanitized.c: whether a program's file is built with a sanitizer that wants to be the first to see malloc: with the shim
 * before it, AddressSanitizer's refuses to run, and ThreadSanitizer's and MemorySanitizer's crash or hang.
 *
 * Its runtime is a needed library, or is linked in and then exports its own names. System calls and the stack only; what
 * cannot be read counts as absent. */
#include "shim.h"
#include "sys.h"

#include <string.h>

#define SEGMENTS_MAX 64u
#define ENTRIES_MAX 1024u
#define NEEDED_MAX 48u

struct file {
	int fd;
	const Elf64_Ehdr *elf;
	uint64_t strings, hash; /* addresses, 0: none */
	uint32_t needed[NEEDED_MAX]; /* offsets in the strings */
	unsigned nneeded;
};

static bool read_at(const struct file *f, void *to, size_t bytes, uint64_t offset)
{
	return sys_pread(f->fd, to, bytes, offset) == (long)bytes;
}

static bool segment(const struct file *f, unsigned i, Elf64_Phdr *h)
{
	return i < f->elf->e_phnum && i < SEGMENTS_MAX &&
	       read_at(f, h, sizeof *h, f->elf->e_phoff + i * sizeof *h);
}

/* Reads by address, as the loader would map it. */
static bool load(const struct file *f, void *to, size_t bytes, uint64_t addr)
{
	Elf64_Phdr h;

	for (unsigned i = 0; segment(f, i, &h); i++)
		if (h.p_type == PT_LOAD && addr - h.p_vaddr < h.p_filesz)
			return read_at(f, to, bytes, h.p_offset + (addr - h.p_vaddr));
	return false;
}

static void read_dynamic(struct file *f, const Elf64_Phdr *h)
{
	Elf64_Dyn d;

	for (unsigned i = 0; i < ENTRIES_MAX && read_at(f, &d, sizeof d, h->p_offset + i * sizeof d); i++)
		if (d.d_tag == DT_NULL)
			return;
		else if (d.d_tag == DT_STRTAB)
			f->strings = d.d_un.d_ptr;
		else if (d.d_tag == DT_GNU_HASH)
			f->hash = d.d_un.d_ptr;
		else if (d.d_tag == DT_NEEDED && f->nneeded < NEEDED_MAX)
			f->needed[f->nneeded++] = (uint32_t)d.d_un.d_val;
}

static bool needs_runtime(const struct file *f)
{
	static const char *const names[] = { "libasan.so", "libtsan.so",   "libmsan.so",
					     "liblsan.so", "libhwasan.so", "libclang_rt." };
	char name[16] = "";

	for (unsigned i = 0; i < f->nneeded; i++)
		for (unsigned k = 0; load(f, name, sizeof name - 1, f->strings + f->needed[i]) &&
				     k < sizeof names / sizeof *names;
		     k++)
			if (!strncmp(name, names[k], strlen(names[k])))
				return true;
	return false;
}

/* By its hash, of which 31 bits are compared: a name that is not there is found once in 10^9. */
static bool exports(const struct file *f, const char *name)
{
	uint32_t head[4], h = gnu_hash(name), at, link; /* nbuckets, first, nblooms, shift */
	uint64_t bloom;

	if (!load(f, head, sizeof head, f->hash) || !head[0] || !head[2] || head[3] > 31)
		return false;
	uint64_t blooms = f->hash + sizeof head, buckets = blooms + head[2] * 8ull,
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
	struct file f = { .fd = fd, .elf = elf };
	Elf64_Phdr h;

	for (unsigned i = 0; segment(&f, i, &h); i++)
		if (h.p_type == PT_DYNAMIC)
			read_dynamic(&f, &h);
	if (needs_runtime(&f))
		return true;
	for (unsigned k = 0; f.hash && k < sizeof names / sizeof *names; k++)
		if (exports(&f, names[k]))
			return true;
	return false;
}
