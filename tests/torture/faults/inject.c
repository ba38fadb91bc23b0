/* inject.c: preloaded into leakgraph itself, makes one call of a kind fail, or all from one on. The program that
 * leakgraph runs is not touched: LD_PRELOAD is gone from the environment before main.
 *
 *   FAULT=KIND:N     the Nth call of KIND fails, from 1
 *   FAULT=KIND:N+    so do all after it
 *   FAULT_COUNT=FILE at the end, a line "KIND CALLS" for each kind is appended to FILE
 *
 * Kinds: alloc (ENOMEM; calls by leakgraph's own code), library (ENOMEM; calls by the libraries that it uses), map
 * (ENOMEM), open (EMFILE), write (ENOSPC; of one whose failure lasts the first half goes through), thread (EAGAIN),
 * ptrace (EPERM), read (EPERM; process_vm_readv and pread), slow (no failure, but 50 ms for each write), yama (what
 * kernel.yama.ptrace_scope=2 keeps from users: ptrace, process_vm_readv and opening /proc/PID/mem). */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { ALLOC, LIBRARY, MAP, OPEN, WRITE, THREAD, PTRACE, READ, SLOW, YAMA, KINDS };
static const char *const names[] = { "alloc",  "library", "map",  "open", "write",
				     "thread", "ptrace",  "read", "slow", "yama" };

static _Atomic unsigned long calls[KINDS];
static _Atomic unsigned long first = 0; /* 0: none fails */
static enum kind chosen;
static int lasts, off = 1;

static int fails(enum kind kind, int error)
{
	unsigned long n = atomic_fetch_add(&calls[kind], 1) + 1;

	if (off || !first || kind != chosen || (lasts ? n < first : n != first))
		return 0;
	errno = error;
	return 1;
}

#define NEXT(name)                                                                                           \
	static __typeof__(name) *next;                                                                       \
	if (!next)                                                                                           \
	next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

/* dlsym may allocate: glibc's own allocator is there under these names from the beginning. */
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);

static uintptr_t program_start, program_end;

#define BY_CALLER                                                                                            \
	((uintptr_t)__builtin_return_address(0) - program_start < program_end - program_start ? ALLOC        \
											      : LIBRARY)

void *malloc(size_t n)
{
	return fails(BY_CALLER, ENOMEM) ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return fails(BY_CALLER, ENOMEM) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	return fails(BY_CALLER, ENOMEM) ? NULL : __libc_realloc(p, n);
}

void *mmap(void *p, size_t n, int prot, int flags, int fd, off_t offset)
{
	NEXT(mmap);
	return fails(MAP, ENOMEM) ? MAP_FAILED : next(p, n, prot, flags, fd, offset);
}

#define OPEN_MODE                                                                                            \
	va_list list;                                                                                        \
	va_start(list, flags);                                                                               \
	mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;                              \
	va_end(list)

static int is_memory(const char *path)
{
	size_t n = strlen(path);

	return !strncmp(path, "/proc/", 6) && n > 4 && !strcmp(path + n - 4, "/mem");
}

static int fails_open(const char *path)
{
	return (is_memory(path) && fails(YAMA, EACCES)) || fails(OPEN, EMFILE);
}

int open(const char *path, int flags, ...)
{
	NEXT(open);
	OPEN_MODE;
	return fails_open(path) ? -1 : next(path, flags, mode);
}

int openat(int fd, const char *path, int flags, ...)
{
	NEXT(openat);
	OPEN_MODE;
	return fails_open(path) ? -1 : next(fd, path, flags, mode);
}

FILE *fopen(const char *path, const char *mode)
{
	NEXT(fopen);
	return fails(OPEN, EMFILE) ? NULL : next(path, mode);
}

DIR *opendir(const char *path)
{
	NEXT(opendir);
	return fails(OPEN, EMFILE) ? NULL : next(path);
}

int memfd_create(const char *name, unsigned flags)
{
	NEXT(memfd_create);
	return fails(OPEN, ENOSPC) ? -1 : next(name, flags);
}

int pipe2(int ends[2], int flags)
{
	NEXT(pipe2);
	return fails(OPEN, EMFILE) ? -1 : next(ends, flags);
}

ssize_t writev(int fd, const struct iovec *parts, int n)
{
	NEXT(writev);
	if (fails(SLOW, 0))
		usleep(50 * 1000);
	if (!fails(WRITE, ENOSPC))
		return next(fd, parts, n);
	if (lasts && parts->iov_len > 1 && calls[WRITE] == first)
		return write(fd, parts->iov_base, parts->iov_len / 2);
	return -1;
}

int ftruncate(int fd, off_t size)
{
	NEXT(ftruncate);
	return fails(WRITE, EIO) ? -1 : next(fd, size);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), void *argument)
{
	NEXT(pthread_create);
	return fails(THREAD, EAGAIN) ? EAGAIN : next(thread, attr, start, argument);
}

long ptrace(enum __ptrace_request request, ...)
{
	static long (*next)(enum __ptrace_request, ...);
	va_list list;

	va_start(list, request);
	pid_t pid = va_arg(list, pid_t);
	void *address = va_arg(list, void *), *data = va_arg(list, void *);
	va_end(list);
	if (!next)
		next = (long (*)(enum __ptrace_request, ...))dlsym(RTLD_NEXT, "ptrace");
	/* A stopped thread that cannot be let go is no fault that a kernel has. */
	if (request != PTRACE_CONT && request != PTRACE_DETACH && request != PTRACE_LISTEN &&
	    (fails(PTRACE, EPERM) || fails(YAMA, EPERM)))
		return -1;
	return next(request, pid, address, data);
}

ssize_t process_vm_readv(pid_t pid, const struct iovec *to, unsigned long nto, const struct iovec *from,
			 unsigned long nfrom, unsigned long flags)
{
	NEXT(process_vm_readv);
	return fails(READ, EPERM) || fails(YAMA, EPERM) ? -1 : next(pid, to, nto, from, nfrom, flags);
}

ssize_t pread(int fd, void *to, size_t n, off_t offset)
{
	NEXT(pread);
	return fails(READ, EIO) ? -1 : next(fd, to, n, offset);
}

static int find_program(struct dl_phdr_info *info, size_t size, void *unused)
{
	(void)size, (void)unused;
	program_start = info->dlpi_addr;
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD)
			program_end =
			    info->dlpi_addr + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz;
	return 1; /* the first is the program */
}

__attribute__((constructor)) static void begin(void)
{
	const char *fault = getenv("FAULT"), *colon = fault ? strchr(fault, ':') : NULL;

	unsetenv("LD_PRELOAD");
	dl_iterate_phdr(find_program, NULL);
	for (int kind = 0; colon && kind < KINDS; kind++)
		if (!strncmp(fault, names[kind], (size_t)(colon - fault)))
			chosen = (enum kind)kind;
	for (int kind = 0; kind < KINDS; kind++)
		calls[kind] = 0;
	lasts = colon && strchr(colon, '+');
	off = 0;
	first = colon ? strtoul(colon + 1, NULL, 10) : 0;
}

__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("FAULT_COUNT");

	off = 1;
	FILE *f = path ? fopen(path, "ae") : NULL;
	for (int kind = 0; f && kind < KINDS; kind++)
		fprintf(f, "%s %lu\n", names[kind], calls[kind]);
	if (f)
		fclose(f);
}
