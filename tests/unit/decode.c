/* decode.c: the instruction decoder agrees with objdump on the length of every instruction that it knows, and knows
 * nearly all; what it says of moves, calls and jumps is what the bytes mean. */
#include "names/decode.h"

#include "leakgraph/ring.h"

#include "suite.h"

#include <ctype.h>
#include <stdio.h>

struct count {
	unsigned all, unknown, wrong;
};

/* "  401000:	48 83 ec 08 	sub    $0x8,%rsp" */
static void compare_line(struct count *c, const char *line)
{
	uint8_t bytes[32];
	unsigned n = 0;
	unsigned long address;
	int used = 0;

	if (sscanf(line, " %lx:\t%n", &address, &used) != 1 || !used)
		return;
	for (const char *at = line + used; n < sizeof bytes && isxdigit(at[0]) && isxdigit(at[1]); at += 3)
		bytes[n++] = (uint8_t)strtoul((char[]){ at[0], at[1], 0 }, NULL, 16);
	if (!n || strstr(line, "(bad)") || strstr(line, "..."))
		return;
	struct insn i = insn_decode(bytes, n, address);
	c->all++;
	c->unknown += !i.length;
	if (i.length && i.length != n && !c->wrong++)
		fprintf(stderr, "%u, not %u bytes: %s", i.length, n, line);
}

static struct count compare(const char *file)
{
	char command[512], line[512];
	struct count c = { 0 };

	snprintf(command, sizeof command, "objdump -d --insn-width=16 %s", file);
	FILE *f = popen(command, "r");
	while (fgets(line, sizeof line, f))
		compare_line(&c, line);
	ck_assert_int_eq(pclose(f), 0);
	return c;
}

START_TEST(lengths_are_objdumps)
{
	static const char *const files[] = { "/proc/self/exe", "/bin/bash",
					     "/usr/lib/x86_64-linux-gnu/libstdc++.so.6" };

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct count c = compare(files[i]);
		ck_assert_uint_gt(c.all, 1000);
		ck_assert_msg(!c.wrong, "%s: %u of %u lengths are wrong", files[i], c.wrong, c.all);
		ck_assert_msg(c.unknown * 1000 <= c.all, "%s: %u of %u are unknown", files[i], c.unknown,
			      c.all);
	}
}
END_TEST

static struct insn decode(const char *bytes, size_t n)
{
	struct insn i = insn_decode((const uint8_t *)bytes, n, 0x1000);

	ck_assert_uint_eq(i.length, n);
	return i;
}
#define DECODE(text) decode(text, sizeof(text) - 1)

START_TEST(moves_name_their_operands)
{
	struct insn i = DECODE("\x48\x89\x43\x10"); /* mov %rax,0x10(%rbx) */
	ck_assert(i.op == INSN_MOVE && i.from == LG_REG_RAX && i.to == NO_REG && i.is_memory);
	ck_assert(i.base == LG_REG_RBX && i.index == NO_REG && i.disp == 16);
	i = DECODE("\x4c\x8b\x44\xf4\xf8"); /* mov -8(%rsp,%rsi,8),%r8 */
	ck_assert(i.op == INSN_MOVE && i.to == LG_REG_R8 && i.base == LG_REG_RSP && i.index == LG_REG_RSI);
	ck_assert(i.disp == -8 && i.writes == 1u << LG_REG_R8);
	i = DECODE("\x48\x89\x05\x04\x00\x00\x00"); /* mov %rax,4(%rip) */
	ck_assert(i.op == INSN_MOVE && i.base == REG_RIP && i.disp == 4);
	i = DECODE("\x49\x89\xc4"); /* mov %rax,%r12 */
	ck_assert(i.op == INSN_MOVE && i.from == LG_REG_RAX && i.to == LG_REG_R12 && !i.is_memory);
	i = DECODE("\x89\xc3"); /* mov %eax,%ebx: no pointer */
	ck_assert(i.op == INSN_OTHER && i.writes == 1u << LG_REG_RBX);
	i = DECODE("\x64\x48\x8b\x04\x25\x28\x00\x00\x00"); /* mov %fs:0x28,%rax: no known memory */
	ck_assert(i.op == INSN_OTHER && i.writes == 1u << LG_REG_RAX);
}
END_TEST

START_TEST(registers_that_change_are_told)
{
	ck_assert_uint_eq(DECODE("\xf3\x48\xab").writes,
			  1u << LG_REG_RSI | 1u << LG_REG_RDI | 1u << LG_REG_RCX);
	ck_assert_uint_eq(DECODE("\x48\x05\x00\x01\x00\x00").writes, 1u << LG_REG_RAX); /* add $256,%rax */
	ck_assert_uint_eq(DECODE("\x48\x99").writes, 1u << LG_REG_RDX); /* cqo */
	ck_assert_uint_eq(DECODE("\x48\xf7\xf1").writes, 1u << LG_REG_RAX | 1u << LG_REG_RDX); /* div %rcx */
	ck_assert_uint_eq(DECODE("\x48\xf7\xd9").writes, 1u << LG_REG_RCX); /* neg %rcx */
	ck_assert_uint_eq(DECODE("\x48\x39\xd8").writes, 0); /* cmp %rbx,%rax */
	ck_assert_uint_eq(DECODE("\x41\x5c").writes, 1u << LG_REG_R12); /* pop %r12 */
	ck_assert_uint_eq(DECODE("\xff\x73\x08").writes, 0); /* push 8(%rbx) */
}
END_TEST

START_TEST(jumps_name_their_targets)
{
	struct insn i = DECODE("\xe8\xfb\x0f\x00\x00");
	ck_assert(i.op == INSN_CALL && i.target == 0x2000);
	i = DECODE("\xff\xd0");
	ck_assert(i.op == INSN_CALL && !i.target);
	i = DECODE("\x74\xfe");
	ck_assert(i.op == INSN_BRANCH && i.target == 0x1000 && i.condition == CONDITION_EQUAL);
	i = DECODE("\x0f\x85\x00\x00\x00\x00");
	ck_assert(i.op == INSN_BRANCH && i.target == 0x1006 && i.condition == CONDITION_NOT_EQUAL);
	ck_assert(DECODE("\xc3").op == INSN_RETURN);
	ck_assert(DECODE("\x48\x85\xc0").op == INSN_TEST);
	ck_assert(DECODE("\x48\x83\x7d\xf8\x00").op == INSN_TEST);
}
END_TEST

START_TEST(cut_bytes_are_unknown)
{
	static const uint8_t bytes[] = { 0x48, 0x89, 0x84, 0xf4, 1, 2, 3, 4 };

	for (size_t n = 0; n < sizeof bytes; n++)
		ck_assert_uint_eq(insn_decode(bytes, n, 0).length, 0);
	ck_assert_uint_eq(insn_decode(bytes, sizeof bytes, 0).length, sizeof bytes);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { lengths_are_objdumps, moves_name_their_operands,
				       registers_that_change_are_told, jumps_name_their_targets,
				       cut_bytes_are_unknown };

	return suite_run("decode", tests, sizeof tests / sizeof *tests);
}
