/* names_read.c: an ELF file with anything at all in its headers, symbols, unwind tables and debug information: functions,
 * lines, variables, types and members are asked for at many addresses; all answers end and stay in bounds.
 *
 * The files are those in LG_FUZZ_TRACES (build/fuzz/traces) that end in .elf; an input says which, and which bytes are
 * overwritten. What libdw and libelf make of damage is theirs. */
#include "seeds.h"
#include "names/names.h"
#include "names/sites.h"
#include "names/types.h"
#include "names/variables.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SEEDS_MAX 8
#define MODULE 7u
#define BIAS 0x7f0012340000ULL
#define ASKED 64u /* addresses */

struct change { /* eight bytes of the input */
	uint32_t place;
	uint8_t how, value[3];
};

static struct buf seeds[SEEDS_MAX];
static int nseeds;

/* ---- the files ----------------------------------------------------------------------------------------- */

static void read_seed(int i, const char *path)
{
	claim(read_whole(&seeds[i], path) && seeds[i].used > 64);
}

static void apply(uint8_t *file, size_t n, const struct change *c)
{
	size_t at = c->place % n, room = n - at < sizeof c->value ? n - at : sizeof c->value;

	if (c->how & 1)
		file[at] ^= (uint8_t)(1u << (c->how >> 5));
	else
		memcpy(file + at, c->value, room);
}

/* ---- questions ----------------------------------------------------------------------------------------- */

static void ask_type(const struct type *t, unsigned depth)
{
	struct type_member m;
	char text[64];
	uint64_t offset, bytes;

	if (!t || depth == 4)
		return;
	claim(type_name(t) != NULL);
	type_fit(t, 48);
	type_field(t, "next", &offset, &bytes);
	for (uint64_t at = 0; at < 64; at += 8)
		if (type_member_at(t, 64, at, (unsigned)at % 3, &m, text, sizeof text))
			ask_type(type_pointee(m.type), depth + 1);
	ask_type(type_pointee(t), depth + 1);
}

static unsigned named; /* addresses of the input that have a function or a variable */

static void ask_address(struct names *names, struct trace_node *node, uint64_t address)
{
	const struct frame_name *frames;
	struct variable v;
	uint32_t at;

	node->frame = (uint64_t)MODULE << LG_FRAME_MODULE_SHIFT | address;
	ask_type(names_site_type(names, 1, 0, 40, &at), 0);
	ask_type(names_site_items(names, 1, 8, 40), 0);
	names_site_name(names, 1);
	named += names_stack(names, 1, &frames, NULL) && frames[0].function;
	if (names_variable(names, MODULE, BIAS + address, &v)) {
		named++;
		ask_type(v.type, 0);
	}
}

/* Small programs have their code in the second page and their data in the fifth. */
static uint64_t address(uint64_t i)
{
	return i < ASKED * 3 / 4 ? 0x1000 + 12 * i : 0x4000 + 8 * (i - ASKED * 3 / 4);
}

/* Names keep what they find by address: each set of questions has its own. */
static void ask(const char *path)
{
	const struct names_options options = { .no_debuginfod = true };
	struct trace_node nodes[2] = { 0 };
	struct trace_module module = {
		.id = MODULE, .bias = BIAS, .start = BIAS, .end = BIAS + (1 << 24), .path = (char *)path
	};
	struct trace trace = {
		.path = (char *)"fuzz", .modules = &module, .nmodules = 1, .nodes = nodes, .nnodes = 2
	};
	struct err err = { "" };
	struct names *names;

	trace.process.executable = (char *)path;
	for (uint64_t i = 0; i < ASKED; i++) {
		if (i % 16 == 0)
			claim(!names_open(&names, &trace, &options, &err));
		ask_address(names, &nodes[1], address(i));
		if (i % 16 == 15) {
			ask_type(names_type_named(names, "node"), 0);
			names_close(names);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	char path[64];
	int fd = memfd_create("object", MFD_CLOEXEC);

	if (!nseeds)
		nseeds = seeds_open(".elf", SEEDS_MAX, read_seed);
	const struct buf *seed = &seeds[n ? bytes[0] % nseeds : 0];
	uint8_t *file = malloc(seed->used);
	claim(fd >= 0 && file);
	memcpy(file, seed->bytes, seed->used);
	for (size_t at = 1; at + sizeof(struct change) <= n; at += sizeof(struct change)) {
		struct change c;

		memcpy(&c, bytes + at, sizeof c);
		apply(file, seed->used, &c);
	}
	claim(write(fd, file, seed->used) == (ssize_t)seed->used);
	snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)getpid(), fd);
	ask(path);
	claim(n > 1 || named); /* the file itself has names */
	named = 0;
	close(fd);
	free(file);
	return 0;
}
