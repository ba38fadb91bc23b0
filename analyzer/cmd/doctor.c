/* doctor.c: leakgraph doctor [PROGRAM]: can programs be traced here, can this one, and if not, what to do.
 *
 * Machine checks try the very thing that a run needs (a memfd, a ptrace of a child of ours) rather than guess from
 * settings; settings only serve to name the cure. One line a check: "ok", "warn" (works, with less) or "FAIL". */
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "leakgraph/ring.h"
#include "record/builtin.h"
#include "record/launch.h"
#include "record/preflight.h"
#include "report/gate.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define SPACE_LEAST (64u << 20)
#define DEBUG_FOLDER "/usr/lib/debug/.build-id"

enum health { OK, WARN, FAIL };

/* What has been found so far. */
struct visit {
	unsigned nwarn, nfail;
};

static void __attribute__((format(printf, 4, 5)))
tell(struct visit *v, enum health finding, const char *what, const char *format, ...)
{
	static const char *const words[] = { "ok", "warn", "FAIL" };
	va_list args;

	printf("  %-5s %-12s ", words[finding], what);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	v->nwarn += finding == WARN;
	v->nfail += finding == FAIL;
}

/* The first line of a small file, without its newline; "" when it cannot be read. */
static void read_line(const char *path, char *out, size_t room)
{
	FILE *f = fopen(path, "re");

	out[0] = '\0';
	if (!f)
		return;
	if (!fgets(out, (int)room, f))
		out[0] = '\0';
	out[strcspn(out, "\n")] = '\0';
	fclose(f);
}

/* ---- this machine ------------------------------------------------------------------------------------ */

static void check_kernel(struct visit *v)
{
#if defined(__x86_64__)
	tell(v, OK, "machine", "x86-64 Linux");
#else
	tell(v, FAIL, "machine", "leakgraph traces on x86-64 only; use such a machine");
#endif
}

static void check_shim(struct visit *v)
{
	char path[PATH_MAX];
	struct err err = { "" };

	if (launch_find_shim(path, &err))
		tell(v, FAIL, "shim", "%s", err.text);
	else
		tell(v, OK, "shim", "%s", path);
}

static void check_memfd(struct visit *v)
{
	char path[64];
	int fd = memfd_create("leakgraph-doctor", MFD_CLOEXEC);

	if (fd < 0) {
		tell(v, FAIL, "memfd", "memfd_create: %s; allow it in this container's seccomp profile",
		     strerror(errno));
		return;
	}
	snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)getpid(), fd);
	int again = open(path, O_RDWR | O_CLOEXEC);
	if (again < 0)
		tell(v, FAIL, "memfd", "%s cannot be opened: %s; mount /proc here", path, strerror(errno));
	else
		tell(v, OK, "memfd", "shared memory can be made and opened through /proc");
	if (again >= 0)
		close(again);
	close(fd);
}

static void check_limit(struct visit *v, int which, const char *what, const char *option, uint64_t need)
{
	struct rlimit limit;

	if (getrlimit(which, &limit) || limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= need)
		tell(v, OK, what, "no limit that matters");
	else
		tell(v, WARN, what,
		     "limited to %llu MiB, and tracing maps %llu MiB more; try: ulimit %s unlimited",
		     (unsigned long long)limit.rlim_cur >> 20, (unsigned long long)need >> 20, option);
}

static void check_clock(struct visit *v)
{
	char clock[64];

	read_line("/sys/devices/system/clocksource/clocksource0/current_clocksource", clock, sizeof clock);
	if (!strcmp(clock, "tsc"))
		tell(v, OK, "clock", "tsc: events of all threads are ordered without sharing a counter");
	else
		tell(v, WARN, "clock",
		     "%s, not tsc: events are ordered by a shared counter, which is slower with many "
		     "threads; boot with clocksource=tsc where the hardware allows it",
		     *clock ? clock : "unknown");
}

/* Seizes and reads a child of ours as a run would. Returns 0 or the errno of what failed. */
static int try_ptrace(void)
{
	static int canary = 42;
	int seen = 0, status, error = 0;
	pid_t pid = fork();

	if (pid < 0)
		return errno;
	if (!pid)
		for (;;)
			pause();
	struct iovec here = { &seen, sizeof seen }, there = { &canary, sizeof canary };
	if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)(long)PTRACE_O_TRACEEXIT) ||
	    ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) || waitpid(pid, &status, __WALL) != pid ||
	    process_vm_readv(pid, &here, 1, &there, 1, 0) != (ssize_t)sizeof seen)
		error = errno ? errno : EPERM;
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, __WALL) == pid && !WIFEXITED(status) && !WIFSIGNALED(status))
		ptrace(PTRACE_CONT, pid, NULL, NULL);
	return error;
}

static void check_ptrace(struct visit *v)
{
	char scope[16];
	int error = try_ptrace();

	if (!error) {
		tell(v, OK, "ptrace", "allowed: every ending gives a full snapshot, SIGKILL too");
		return;
	}
	read_line("/proc/sys/kernel/yama/ptrace_scope", scope, sizeof scope);
	if (atoi(scope) == 2)
		tell(v, WARN, "ptrace",
		     "%s (Yama); fatal signals will give no snapshot; cure: sysctl "
		     "kernel.yama.ptrace_scope=1, or CAP_SYS_PTRACE",
		     strerror(error));
	else if (atoi(scope) > 2)
		tell(v, WARN, "ptrace",
		     "%s (Yama); fatal signals will give no snapshot; cure: boot without "
		     "kernel.yama.ptrace_scope=3, which nothing else takes back",
		     strerror(error));
	else
		tell(v, WARN, "ptrace",
		     "%s; fatal signals will give no snapshot; in a container start it with --cap-add "
		     "SYS_PTRACE, under a debugger or strace run leakgraph alone",
		     strerror(error));
}

static void check_seccomp(struct visit *v)
{
	char line[256];
	int mode = 0;
	FILE *f = fopen("/proc/self/status", "re");

	if (!f) {
		tell(v, FAIL, "/proc", "cannot be read: %s; mount it here", strerror(errno));
		return;
	}
	while (fgets(line, sizeof line, f))
		sscanf(line, "Seccomp: %d", &mode);
	fclose(f);
	if (mode)
		tell(v, WARN, "seccomp", "a filter is on (mode %d); what it forbids shows in the lines above",
		     mode);
	else
		tell(v, OK, "seccomp", "no filter");
}

static void check_debuginfod(struct visit *v)
{
	const char *urls = getenv("DEBUGINFOD_URLS");

	if (urls && *urls)
		tell(v, OK, "debuginfod", "%s", urls);
	else
		tell(v, OK, "debuginfod",
		     "not used; DEBUGINFOD_URLS of your distribution would give the lines of its libraries");
}

/* Where a trace goes by default. */
static void check_space(struct visit *v)
{
	struct statvfs fs;

	if (access(".", W_OK))
		tell(v, WARN, "traces", "this folder cannot be written to: %s; name another with -o",
		     strerror(errno));
	else if (statvfs(".", &fs))
		tell(v, WARN, "traces", "how much room is here is not known: %s", strerror(errno));
	else if ((uint64_t)fs.f_bavail * fs.f_frsize < SPACE_LEAST)
		tell(v, WARN, "traces", "%llu MiB are left here; make room, or name another folder with -o",
		     (unsigned long long)(fs.f_bavail * fs.f_frsize) >> 20);
	else
		tell(v, OK, "traces", "this folder has room for them");
}

static void check_preload(struct visit *v)
{
	const char *others = getenv("LD_PRELOAD");

	if (others && *others)
		tell(v, OK, "LD_PRELOAD", "%s stays, behind leakgraph's own", others);
	else
		tell(v, OK, "LD_PRELOAD", "not in use by others");
}

static void visit_machine(struct visit *v)
{
	puts("This machine:");
	check_kernel(v);
	check_shim(v);
	check_memfd(v);
	check_limit(v, RLIMIT_AS, "address space", "-v", LG_AREA_MAPPED);
	check_limit(v, RLIMIT_FSIZE, "file size", "-f", LG_SEGMENT_BYTES);
	check_clock(v);
	check_ptrace(v);
	check_seccomp(v);
	check_preload(v);
	check_space(v);
	check_debuginfod(v);
}

/* ---- this program ------------------------------------------------------------------------------------ */

/* Debian's place for separate debug files. */
static bool has_debug_file(const struct program_facts *f)
{
	char path[sizeof DEBUG_FOLDER + 2 * LG_BUILD_ID_MAX + sizeof "//.debug"], *at = path;

	at += sprintf(at, DEBUG_FOLDER "/");
	for (uint32_t i = 0; i < f->build_id_bytes; i++)
		at += sprintf(at, i == 1 ? "/%02x" : "%02x", f->build_id[i]);
	strcpy(at, ".debug");
	return f->build_id_bytes > 1 && !access(path, R_OK);
}

static void tell_symbols(struct visit *v, const struct program_facts *f)
{
	if (f->has_debug_info)
		tell(v, OK, "debug info", "functions, files and lines");
	else if (has_debug_file(f))
		tell(v, OK, "debug info", "functions, files and lines, by its debug file in " DEBUG_FOLDER);
	else if (f->has_debug_link)
		tell(v, OK, "debug info", "kept in another file; lines are shown where that is installed");
	else if (f->has_symtab)
		tell(v, WARN, "debug info",
		     "none: functions have names but no lines; rebuild with -g (it works with -O2)");
	else
		tell(v, WARN, "debug info",
		     "stripped: only exported functions have names; rebuild with -g, or install its "
		     "-dbgsym package");
}

static void tell_allocator(struct visit *v, const char *path, const struct program_facts *f)
{
	struct builtin builtin;
	bool has_builtin = builtin_allocator(path, &builtin);

	if (f->defines_malloc)
		tell(v, FAIL, "allocator", REPORT_FOREIGN_TEXT "; %s", path, report_cure(REASON_FOREIGN));
	else if (has_builtin)
		tell(v, FAIL, "allocator", TRACE_UNSEEN_ALLOCATOR "blocks of %s, %s %s, are not recorded; %s",
		     builtin.name, builtin.is_imported ? "called by" : "built into", path,
		     report_cure(REASON_FOREIGN));
	else if (*f->allocator)
		tell(v, OK, "allocator", "%s, whose malloc and operator new are seen", f->allocator);
	else
		tell(v, OK, "allocator", "the C library's, or a library's");
	if (f->is_go)
		tell(v, WARN, "Go",
		     "what Go allocates it collects itself, and it is not seen: only what C code of the "
		     "program "
		     "allocates; go tool pprof shows the rest");
	if (f->defines_new && !f->defines_malloc)
		tell(v, WARN, "operator new",
		     "its own: new and delete are seen as what they ask of malloc, and not told from it; "
		     "that hides "
		     "no leaks");
}

static void tell_elf(struct visit *v, const char *path, const struct program_facts *f)
{
	tell(v, OK, "format", "64-bit x86-64 ELF%s, loader %s",
	     f->is_pie_like ? ", position independent" : "", f->is_loader ? "itself" : f->loader);
	tell_allocator(v, path, f);
	tell_symbols(v, f);
	if (f->build_id_bytes)
		tell(v, OK, "build-id", "a changed file is noticed, and debug files are found by it");
	else
		tell(v, WARN, "build-id",
		     "none: a changed file is not noticed, debug files are not found; link with "
		     "-Wl,--build-id");
}

/* One program file; a script leads on to its interpreter, whose path is then in `next`. */
static void visit_file(struct visit *v, const char *path, unsigned depth, char next[256])
{
	struct program_facts facts;
	struct err err = { "" };
	int status;

	next[0] = '\0';
	printf("%s:\n", path);
	if (program_judge_step(path, depth, &facts, &status, &err)) {
		tell(v, FAIL, "format", "%s", err.text);
		return;
	}
	if (facts.kind == PROGRAM_UNREADABLE) {
		tell(v, WARN, "format",
		     "cannot be read, so nothing is known of it, and the kernel may refuse ptrace; try: "
		     "chmod +r %s",
		     path);
	} else if (facts.kind == PROGRAM_SCRIPT) {
		tell(v, OK, "format", "a script: what is traced is %s and the programs it starts",
		     facts.interpreter);
		memcpy(next, facts.interpreter, sizeof facts.interpreter);
	} else {
		tell_elf(v, path, &facts);
	}
}

static void visit_program(struct visit *v, const char *program)
{
	char *path = NULL, here[256], next[256];
	struct err err = { "" };
	int status;

	if (program_find(program, &path, &status, &err)) {
		printf("%s:\n", program);
		tell(v, FAIL, "file", "%s", err.text);
		return;
	}
	visit_file(v, path, 0, next);
	for (unsigned depth = 1; *next; depth++) {
		memcpy(here, next, sizeof here);
		visit_file(v, here, depth, next);
	}
	free(path);
}

static const char help[] =
    "usage: leakgraph doctor [PROGRAM]\n"
    "Says whether programs can be traced on this machine, whether PROGRAM can, and if not what to do.\n"
    "\n"
    "  --help, --version\n"
    "\n"
    "Each line is ok, warn (it works, with less) or FAIL. Exit status: 0 traceable, 125 not, 2 wrong usage.\n"
    "\n"
    "Examples:\n"
    "  leakgraph doctor\n"
    "  leakgraph doctor ./server\n"
    "  leakgraph doctor python3\n";

static int examine(const char *program)
{
	struct visit v = { 0 };

	visit_machine(&v);
	if (program)
		visit_program(&v, program);
	if (v.nfail)
		printf("%s cannot be traced here: see FAIL above.\n", program ? program : "Programs");
	else
		printf("%s can be traced here%s.\n", program ? program : "Programs",
		       v.nwarn ? "; see warn above" : "");
	return v.nfail ? STATUS_TOOL : 0;
}

const struct option doctor_longs[] = { COMMON_OPTIONS, { 0 } };

int cmd_doctor(int argc, char **argv)
{
	struct err err = { "" };
	int code;

	options_start();
	while ((code = option_next(argc, argv, "+:hV", doctor_longs, &err)) != -1) {
		if (code == OPT_VERSION)
			return show_version();
		if (code != OPT_HELP)
			return wrong_usage("doctor", &err);
		fputs(help, stdout);
		return 0;
	}
	if (argc - optind <= 1)
		return examine(argv[optind]);
	fail(&err, "it looks at one program, not also at \"%s\"", argv[optind + 1]);
	return wrong_usage("doctor", &err);
}
