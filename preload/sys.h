/* sys.h: every system call the shim may make, made directly: errno is never touched and no libc wrapper that
 * others interpose is entered. x86-64 Linux. Answers are the kernel's: negative errno on failure. In a sandbox no call
 * is made at all: each answers -ENOSYS, and what waits spins. */
#ifndef LG_PRELOAD_SYS_H
#define LG_PRELOAD_SYS_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <linux/futex.h>
#include <linux/prctl.h>
#include <time.h>

extern volatile bool sandboxed; /* sandbox.c */
extern _Atomic uint64_t spun_ns; /* by waits in a sandbox */

static inline long sys6(long n, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long answer;

	if (__builtin_expect(sandboxed, 0))
		return -ENOSYS;
	__asm__ volatile("syscall"
			 : "=a"(answer)
			 : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return answer;
}

static inline int sys_open(const char *path, int flags)
{
	return (int)sys6(SYS_openat, AT_FDCWD, (long)path, flags, 0, 0, 0);
}

static inline long sys_read(int fd, void *to, size_t bytes)
{
	return sys6(SYS_read, fd, (long)to, (long)bytes, 0, 0, 0);
}

static inline long sys_pread(int fd, void *to, size_t bytes, uint64_t offset)
{
	return sys6(SYS_pread64, fd, (long)to, (long)bytes, (long)offset, 0, 0);
}

/* As much as can be read from `start` on in this process itself, by the kernel's eyes. */
static inline long sys_read_own(uint32_t tid, void *to, size_t bytes, uint64_t start)
{
	struct iovec local = { to, bytes }, remote = { (void *)start, bytes };

	return sys6(SYS_process_vm_readv, tid, (long)&local, 1, (long)&remote, 1, 0);
}

static inline void sys_close(int fd)
{
	sys6(SYS_close, fd, 0, 0, 0, 0, 0);
}

/* NULL on failure. */
static inline void *sys_mmap(size_t bytes, int prot, int flags, int fd, uint64_t offset)
{
	long p = sys6(SYS_mmap, 0, (long)bytes, prot, flags, fd, (long)offset);

	return p < 0 && p > -4096 ? NULL : (void *)p;
}

static inline void sys_munmap(void *p, size_t bytes)
{
	sys6(SYS_munmap, (long)p, (long)bytes, 0, 0, 0, 0);
}

/* A second mapping of the file behind a shared mapping, from that page of it on: needs no descriptor. */
static inline void *sys_map_again(void *shared, size_t bytes)
{
	long p = sys6(SYS_mremap, (long)shared, 0, (long)bytes, MREMAP_MAYMOVE, 0, 0);

	return p < 0 && p > -4096 ? NULL : (void *)p;
}

static inline long sys_file_bytes(int fd)
{
	return sys6(SYS_lseek, fd, 0, 2 /* SEEK_END */, 0, 0, 0);
}

static inline int sys_mprotect(void *p, size_t bytes, int prot)
{
	return (int)sys6(SYS_mprotect, (long)p, (long)bytes, prot, 0, 0, 0);
}

static inline int sys_mincore(uint64_t start, size_t bytes, void *there)
{
	return (int)sys6(SYS_mincore, (long)start, (long)bytes, (long)there, 0, 0, 0);
}

static inline int sys_madvise(void *p, size_t bytes, int advice)
{
	return (int)sys6(SYS_madvise, (long)p, (long)bytes, advice, 0, 0, 0);
}

/* Who may trace this process though it is no ancestor (Linux security/yama); 0: nobody. */
static inline void sys_set_tracer(uint32_t pid)
{
	sys6(SYS_prctl, PR_SET_PTRACER, pid, 0, 0, 0, 0);
}

static inline int sys_socket(int family, int type)
{
	return (int)sys6(SYS_socket, family, type, 0, 0, 0, 0);
}

static inline int sys_connect(int fd, const void *address, unsigned bytes)
{
	return (int)sys6(SYS_connect, fd, (long)address, bytes, 0, 0, 0);
}

static inline void sys_setsockopt(int fd, int option, const void *value, unsigned bytes)
{
	sys6(SYS_setsockopt, fd, 1 /* SOL_SOCKET */, option, (long)value, bytes, 0);
}

static inline int sys_getsockopt(int fd, int option, void *value, unsigned *bytes)
{
	return (int)sys6(SYS_getsockopt, fd, 1 /* SOL_SOCKET */, option, (long)value, (long)bytes, 0);
}

static inline unsigned sys_geteuid(void)
{
	return (unsigned)sys6(SYS_geteuid, 0, 0, 0, 0, 0, 0);
}

static inline long sys_recvmsg(int fd, void *message, int flags)
{
	return sys6(SYS_recvmsg, fd, (long)message, flags, 0, 0, 0);
}

static inline int sys_mlock2(uint64_t start, uint64_t bytes, unsigned flags)
{
	return (int)sys6(SYS_mlock2, (long)start, (long)bytes, flags, 0, 0, 0);
}

static inline void sys_munlock(uint64_t start, uint64_t bytes)
{
	sys6(SYS_munlock, (long)start, (long)bytes, 0, 0, 0, 0);
}

static inline int sys_mlockall(int flags)
{
	return (int)sys6(SYS_mlockall, flags, 0, 0, 0, 0, 0);
}

struct rlimit;
static inline void sys_getrlimit(int which, struct rlimit *limit)
{
	sys6(SYS_getrlimit, which, (long)limit, 0, 0, 0, 0);
}

static inline uint32_t sys_getpid(void)
{
	return (uint32_t)sys6(SYS_getpid, 0, 0, 0, 0, 0, 0);
}
static inline uint32_t sys_getppid(void)
{
	return (uint32_t)sys6(SYS_getppid, 0, 0, 0, 0, 0, 0);
}
static inline uint32_t sys_gettid(void)
{
	return (uint32_t)sys6(SYS_gettid, 0, 0, 0, 0, 0, 0);
}

/* Where the thread's alternate signal stack is, 0: it has none. */
static inline uint64_t sys_signal_stack(void)
{
	stack_t stack = { .ss_flags = SS_DISABLE };

	sys6(SYS_sigaltstack, 0, (long)&stack, 0, 0, 0, 0);
	return stack.ss_flags & SS_DISABLE ? 0 : (uint64_t)stack.ss_sp;
}

/* The inode of the namespace that sys_getpid() is of: the link reads "pid:[4026531836]". 0: no /proc here. */
static inline uint64_t sys_pid_namespace(void)
{
	char text[64];
	long n = sys6(SYS_readlink, (long)"/proc/self/ns/pid", (long)text, sizeof text, 0, 0, 0);
	uint64_t inode = 0;

	for (long i = 0; i < n; i++)
		if (text[i] >= '0' && text[i] <= '9')
			inode = inode * 10 + (uint64_t)(text[i] - '0');
	return inode;
}

/* Whether a process of this namespace is there, a zombie too. */
static inline int sys_process_exists(uint32_t pid)
{
	return sys6(SYS_kill, pid, 0, 0, 0, 0, 0) != -3 /* ESRCH */;
}

/* Some nanoseconds on any processor, whose own clock may be forbidden. */
#define PAUSE_NS 30u

static inline void sys_spin_on(const _Atomic uint32_t *word, uint32_t value, uint64_t ns)
{
	for (uint64_t spun = 0; spun < ns && atomic_load_explicit(word, memory_order_acquire) == value;
	     spun += PAUSE_NS)
		__builtin_ia32_pause();
	atomic_fetch_add(&spun_ns, ns);
}

static inline void sys_nap(long ns)
{
	struct timespec t = { 0, ns };
	_Atomic uint32_t never = 0;

	if (sys6(SYS_nanosleep, (long)&t, 0, 0, 0, 0, 0) == -ENOSYS)
		sys_spin_on(&never, 0, (uint64_t)ns);
}

/* In a sandbox time is what has been spun away. */
static inline uint64_t sys_now_ns(void)
{
	struct timespec t = { 0, 0 };

	if (sys6(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&t, 0, 0, 0, 0) == -ENOSYS)
		return atomic_load(&spun_ns);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline void sys_futex_wake(_Atomic uint32_t *word)
{
	sys6(SYS_futex, (long)word, FUTEX_WAKE, 1, 0, 0, 0);
}

static inline void sys_futex_wait(_Atomic uint32_t *word, uint32_t value, long ns)
{
	struct timespec t = { 0, ns };

	if (sys6(SYS_futex, (long)word, FUTEX_WAIT, value, (long)&t, 0, 0) == -ENOSYS)
		sys_spin_on(word, value, (uint64_t)ns);
}

/* Asks the kernel whether 8 bytes at addr can be read: rt_sigprocmask(2) copies the new mask in before it
 * refuses an unknown `how`, and changes nothing. Any other answer is not the kernel's own. */
static inline int sys_readable(uint64_t addr)
{
	return sys6(SYS_rt_sigprocmask, -1, (long)addr, 0, 8, 0, 0) == -EINVAL;
}

/* The same, certain that they cannot. */
static inline int sys_faults(uint64_t addr)
{
	return sys6(SYS_rt_sigprocmask, -1, (long)addr, 0, 8, 0, 0) == -EFAULT;
}

/* All signals; returns those that were blocked before. */
static inline uint64_t sys_block_signals(void)
{
	uint64_t all = UINT64_MAX, former = 0;

	sys6(SYS_rt_sigprocmask, SIG_BLOCK, (long)&all, (long)&former, sizeof all, 0, 0);
	return former;
}

static inline void sys_set_signals(uint64_t blocked)
{
	sys6(SYS_rt_sigprocmask, SIG_SETMASK, (long)&blocked, 0, sizeof blocked, 0, 0);
}

static inline int sys_readable_file(const char *path)
{
	return (int)sys6(SYS_faccessat, AT_FDCWD, (long)path, 4 /* R_OK */, 0, 0, 0);
}

static inline int sys_descriptor_flags(int fd)
{
	return (int)sys6(SYS_fcntl, fd, F_GETFD, 0, 0, 0, 0);
}

static inline int sys_exists(const char *path)
{
	return sys6(SYS_faccessat, AT_FDCWD, (long)path, 1 /* X_OK */, 0, 0, 0) == 0;
}

#endif
