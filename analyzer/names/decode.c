/* decode.c: see decode.h. Two tables tell the operands of the one-byte and the 0F opcodes; what is not in them is not
 * known. References: Intel SDM, volume 2, appendix A. */
#include "names/decode.h"

#include "leakgraph/ring.h"

/* What follows an opcode, and what it changes. */
enum {
	KNOWN = 1,
	M = 2 | KNOWN, /* a ModRM byte */
	B = 4 | KNOWN, /* an immediate byte */
	Z = 8 | KNOWN, /* an immediate of 4 bytes, or 2 with prefix 66 */
	V = 16 | KNOWN, /* the same, or 8 with REX.W */
	REL = 32 | KNOWN, /* 4 bytes whatever the prefixes */
	WR = 64, /* ModRM.reg is changed */
	WE = 128, /* ModRM.rm is changed */
	WO = 256, /* the register in the opcode's low bits is changed */
	WA = 512, /* rax is changed */
	WD = 1024, /* rdx is changed */
};

#define ALU(at, we, wr, wa)                                                                                  \
	[at] = M | (we), [(at) + 1] = M | (we), [(at) + 2] = M | (wr), [(at) + 3] = M | (wr),                \
	[(at) + 4] = B | (wa), [(at) + 5] = Z | (wa)

static const uint16_t one_byte[256] = {
	ALU(0x00, WE, WR, WA),
	ALU(0x08, WE, WR, WA),
	ALU(0x10, WE, WR, WA),
	ALU(0x18, WE, WR, WA),
	ALU(0x20, WE, WR, WA),
	ALU(0x28, WE, WR, WA),
	ALU(0x30, WE, WR, WA),
	ALU(0x38, 0, 0, 0),
	[0x50 ... 0x57] = KNOWN,
	[0x58 ... 0x5f] = KNOWN | WO,
	[0x63] = M | WR,
	[0x68] = Z,
	[0x69] = M | Z | WR,
	[0x6a] = B,
	[0x6b] = M | B | WR,
	[0x70 ... 0x7f] = B,
	[0x80] = M | B | WE,
	[0x81] = M | Z | WE,
	[0x83] = M | B | WE,
	[0x84 ... 0x85] = M,
	[0x86 ... 0x87] = M | WR | WE,
	[0x88 ... 0x89] = M | WE,
	[0x8a ... 0x8b] = M | WR,
	[0x8c] = M | WE,
	[0x8d] = M | WR,
	[0x8f] = M | WE,
	[0x90] = KNOWN,
	[0x91 ... 0x97] = KNOWN | WO | WA,
	[0x98] = KNOWN | WA,
	[0x99] = KNOWN | WD,
	[0x9b ... 0x9f] = KNOWN,
	[0xa4 ... 0xa7] = KNOWN,
	[0xa8] = B,
	[0xa9] = Z,
	[0xaa ... 0xaf] = KNOWN,
	[0xb0 ... 0xb7] = B | WO,
	[0xb8 ... 0xbf] = V | WO,
	[0xc0 ... 0xc1] = M | B | WE,
	[0xc3] = KNOWN,
	[0xc6] = M | B | WE,
	[0xc7] = M | Z | WE,
	[0xc9] = KNOWN,
	[0xcc] = KNOWN,
	[0xd0 ... 0xd3] = M | WE,
	[0xd8 ... 0xdf] = M,
	[0xe8 ... 0xe9] = REL,
	[0xeb] = B,
	[0xf4] = KNOWN,
	[0xf5] = KNOWN,
	[0xf6 ... 0xf7] = M,
	[0xf8 ... 0xfd] = KNOWN,
	[0xfe ... 0xff] = M | WE,
};

static const uint16_t two_byte[256] = {
	[0x01] = M,
	[0x05] = KNOWN | WA,
	[0x0b] = KNOWN,
	[0x0d] = M,
	[0x10 ... 0x1f] = M,
	[0x28 ... 0x2b] = M,
	[0x2c ... 0x2d] = M | WR,
	[0x2e ... 0x2f] = M,
	[0x31] = KNOWN | WA | WD,
	[0x40 ... 0x4f] = M | WR,
	[0x50] = M | WR,
	[0x51 ... 0x6f] = M,
	[0x70 ... 0x73] = M | B,
	[0x74 ... 0x76] = M,
	[0x77] = KNOWN,
	[0x7c ... 0x7d] = M,
	[0x7e] = M | WE,
	[0x7f] = M,
	[0x80 ... 0x8f] = REL,
	[0x90 ... 0x9f] = M | WE,
	[0xa2] = KNOWN | WA | WD,
	[0xa3] = M,
	[0xa4] = M | B | WE,
	[0xa5] = M | WE,
	[0xab] = M | WE,
	[0xac] = M | B | WE,
	[0xad] = M | WE,
	[0xae] = M,
	[0xaf] = M | WR,
	[0xb0 ... 0xb1] = M | WE | WA,
	[0xb3] = M | WE,
	[0xb6 ... 0xb8] = M | WR,
	[0xba] = M | B | WE,
	[0xbb] = M | WE,
	[0xbc ... 0xbf] = M | WR,
	[0xc0 ... 0xc1] = M | WR | WE,
	[0xc2] = M | B,
	[0xc3] = M | WE,
	[0xc4] = M | B,
	[0xc5] = M | B | WR,
	[0xc6] = M | B,
	[0xc7] = M | WA | WD,
	[0xc8 ... 0xcf] = KNOWN | WO,
	[0xd0 ... 0xd6] = M,
	[0xd7] = M | WR,
	[0xd8 ... 0xfe] = M,
};

/* An instruction being read. */
struct reading {
	const uint8_t *at, *end;
	uint64_t address; /* of the first byte */
	const uint8_t *start;
	bool is_cut;
	bool has_66, has_repeat, has_segment;
	uint8_t rex, map, opcode;
	uint8_t mod, reg, rm;
	struct insn i;
};

static uint8_t take(struct reading *r)
{
	if (r->at < r->end)
		return *r->at++;
	r->is_cut = true;
	return 0;
}

static int64_t take_signed(struct reading *r, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)take(r) << 8 * i;
	return bytes == 8 || !bytes ? (int64_t)value
				    : (int64_t)(value << (64 - 8 * bytes)) >> (64 - 8 * bytes);
}

/* From the encoding's order rax rcx rdx rbx rsp rbp rsi rdi to the psABI's. */
static uint8_t abi_number(unsigned encoded)
{
	static const uint8_t numbers[8] = { LG_REG_RAX, LG_REG_RCX, LG_REG_RDX, LG_REG_RBX,
					    LG_REG_RSP, LG_REG_RBP, LG_REG_RSI, LG_REG_RDI };

	return encoded < 8 ? numbers[encoded] : (uint8_t)encoded;
}

/* ---- prefixes and operands --------------------------------------------------------------------------- */

static void read_prefixes(struct reading *r)
{
	for (;; r->at++) {
		uint8_t byte = r->at < r->end ? *r->at : 0;
		if (byte == 0x66)
			r->has_66 = true;
		else if (byte == 0x64 || byte == 0x65)
			r->has_segment = true;
		else if (byte == 0xf2 || byte == 0xf3)
			r->has_repeat = true;
		else if (byte != 0xf0 && byte != 0x2e && byte != 0x36 && byte != 0x3e && byte != 0x26)
			break;
	}
	if (r->at < r->end && (*r->at & 0xf0) == 0x40)
		r->rex = take(r);
}

static void read_memory(struct reading *r)
{
	uint8_t sib;

	r->i.is_memory = true;
	if (r->rm == 4) {
		sib = take(r);
		unsigned index = (sib >> 3 & 7) | (r->rex & 2) << 2, base = sib & 7;
		r->i.index = index == 4 ? NO_REG : abi_number(index);
		r->i.base = base == 5 && !r->mod ? NO_REG : abi_number(base | (r->rex & 1) << 3);
		r->i.disp = take_signed(r, r->mod == 1 ? 1 : r->mod == 2 || r->i.base == NO_REG ? 4 : 0);
		return;
	}
	r->i.base = r->rm == 5 && !r->mod ? REG_RIP : abi_number(r->rm | (r->rex & 1) << 3);
	r->i.disp = take_signed(r, r->mod == 1 ? 1 : r->mod == 2 || r->i.base == REG_RIP ? 4 : 0);
}

static void read_modrm(struct reading *r)
{
	uint8_t byte = take(r);

	r->mod = byte >> 6;
	r->reg = (byte >> 3 & 7) | (r->rex & 4) << 1;
	r->rm = byte & 7;
	if (r->mod == 3)
		r->rm |= (r->rex & 1) << 3;
	else
		read_memory(r);
}

/* The immediate's value; 0 where there is none. */
static int64_t read_immediate(struct reading *r, unsigned flags)
{
	bool is_group3_test = !r->map && (r->opcode & 0xfe) == 0xf6 && (r->reg & 6) == 0;

	if (is_group3_test)
		return take_signed(r, r->opcode == 0xf6 ? 1 : r->has_66 ? 2 : 4);
	if ((flags & REL) == REL)
		return take_signed(r, 4);
	if ((flags & V) == V && r->rex & 8)
		return take_signed(r, 8);
	if ((flags & Z) == Z || (flags & V) == V)
		return take_signed(r, r->has_66 ? 2 : 4);
	return (flags & B) == B ? take_signed(r, 1) : 0;
}

/* ---- meaning ----------------------------------------------------------------------------------------- */

static void find_writes(struct reading *r, unsigned flags)
{
	if (flags & WR)
		r->i.writes |= 1u << abi_number(r->reg);
	if (flags & WE && !r->i.is_memory)
		r->i.writes |= 1u << abi_number(r->rm);
	if (flags & WO)
		r->i.writes |= 1u << abi_number((r->opcode & 7) | (r->rex & 1) << 3);
	if (flags & WA)
		r->i.writes |= 1u << LG_REG_RAX;
	if (flags & WD)
		r->i.writes |= 1u << LG_REG_RDX;
}

/* The registers of an instruction that takes `rm` and `reg`; `stores`: into rm. */
static void set_operands(struct reading *r, enum insn_op op, bool stores)
{
	uint8_t reg = abi_number(r->reg), rm = r->i.is_memory ? NO_REG : abi_number(r->rm);

	r->i.op = op;
	r->i.to = stores ? rm : reg;
	r->i.from = stores ? reg : rm;
}

static void jump_to(struct reading *r, enum insn_op op, int64_t distance)
{
	r->i.op = op;
	r->i.target = r->address + (uint64_t)(r->at - r->start) + (uint64_t)distance;
}

static void mean_group(struct reading *r, int64_t immediate)
{
	uint8_t kind = r->reg & 7;

	if ((r->opcode & 0xfe) == 0xf6 && kind >= 4) /* mul, div */
		r->i.writes |= 1u << LG_REG_RAX | 1u << LG_REG_RDX;
	else if ((r->opcode & 0xfe) == 0xf6 && kind >= 2 && !r->i.is_memory) /* not, neg */
		r->i.writes |= 1u << abi_number(r->rm);
	if (r->opcode == 0xff && (kind == 2 || kind == 4))
		r->i.op = kind == 2 ? INSN_CALL : INSN_JUMP;
	if (r->opcode == 0xff && kind >= 2)
		r->i.writes = 0;
	if (r->opcode == 0x83 && kind == 7) {
		r->i.writes = 0;
		if (!immediate)
			set_operands(r, INSN_TEST, false);
		if (!immediate)
			r->i.to = NO_REG;
	}
	if ((r->opcode == 0x80 || r->opcode == 0x81) && kind == 7)
		r->i.writes = 0;
	if ((r->opcode == 0x81 || r->opcode == 0x83) && (kind == 0 || kind == 5) && r->rex & 8) {
		set_operands(r, INSN_ADD, true);
		r->i.from = NO_REG;
		r->i.immediate = (int32_t)(kind ? -immediate : immediate);
	}
}

static void mean_one_byte(struct reading *r, int64_t immediate)
{
	bool is_wide = r->rex & 8 && !r->has_segment;

	switch (r->opcode) {
	case 0x89:
	case 0x8b:
		if (is_wide)
			set_operands(r, INSN_MOVE, r->opcode == 0x89);
		return;
	case 0x8d:
		set_operands(r, INSN_LEA, false);
		return;
	case 0x01:
	case 0x03:
		if (is_wide)
			set_operands(r, INSN_ADD, r->opcode == 0x01);
		return;
	case 0x85:
		if (is_wide && !r->i.is_memory && r->reg == r->rm)
			set_operands(r, INSN_TEST, false);
		return;
	case 0xe8:
		jump_to(r, INSN_CALL, immediate);
		return;
	case 0xe9:
	case 0xeb:
		jump_to(r, INSN_JUMP, immediate);
		return;
	case 0x70 ... 0x7f:
		jump_to(r, INSN_BRANCH, immediate);
		r->i.condition = r->opcode & 15;
		return;
	case 0xc3:
		r->i.op = INSN_RETURN;
		return;
	case 0xc9:
		r->i.writes |= 1u << LG_REG_RBP;
		return;
	case 0xa4 ... 0xa7:
	case 0xaa ... 0xab:
	case 0xae ... 0xaf:
		r->i.writes |= 1u << LG_REG_RSI | 1u << LG_REG_RDI | 1u << LG_REG_RCX;
		return;
	case 0xac ... 0xad:
		r->i.writes |= 1u << LG_REG_RAX | 1u << LG_REG_RSI | 1u << LG_REG_RCX;
		return;
	case 0xcc:
	case 0xf4:
		r->i.op = INSN_STOP;
		return;
	default:
		mean_group(r, immediate);
	}
}

/* SSE2's ways to put two pointers side by side. */
static void mean_vector(struct reading *r)
{
	bool is_store = r->opcode == 0x11 || r->opcode == 0x29 || r->opcode == 0x7f;

	r->i.to = r->reg;
	r->i.from = r->i.is_memory ? NO_REG : r->rm;
	if (r->opcode == 0x6e && r->has_66 && r->rex & 8 && !r->i.is_memory) {
		r->i.op = INSN_VECTOR_SET;
		r->i.from = abi_number(r->rm);
	} else if (r->opcode == 0x6c && r->has_66 && !r->i.is_memory) {
		r->i.op = INSN_VECTOR_PAIR;
	} else if (is_store && r->i.is_memory && (!r->has_repeat || r->opcode == 0x7f)) {
		r->i.op = INSN_VECTOR_STORE;
		r->i.from = r->reg;
	} else if (!is_store && r->opcode != 0xd6 && (r->opcode != 0x7e || r->has_repeat)) {
		r->i.op = INSN_VECTOR;
	}
	if (r->opcode == 0x7e && r->has_repeat)
		r->i.writes = 0;
}

static bool is_vector(uint8_t opcode)
{
	return (opcode >= 0x10 && opcode <= 0x17) || (opcode >= 0x28 && opcode <= 0x2b) ||
	       (opcode >= 0x51 && opcode <= 0x7f) || opcode == 0xc6 || (opcode >= 0xd0 && opcode != 0xd7);
}

static void mean_two_byte(struct reading *r, int64_t immediate)
{
	if (r->opcode >= 0x80 && r->opcode <= 0x8f) {
		jump_to(r, INSN_BRANCH, immediate);
		r->i.condition = r->opcode & 15;
	} else if (r->opcode == 0x0b) {
		r->i.op = INSN_STOP;
	} else if (is_vector(r->opcode)) {
		mean_vector(r);
	} else if (r->opcode == 0xa2 || r->opcode == 0x05) {
		r->i.writes |= 1u << LG_REG_RBX | 1u << LG_REG_RCX | 1u << LG_REG_R11;
	}
}

/* ---- the whole --------------------------------------------------------------------------------------- */

static bool is_vex(const struct reading *r)
{
	return r->at < r->end && (*r->at == 0xc4 || *r->at == 0xc5) && !r->rex;
}

/* Only AVX and BMI have it; none of them moves pointers between plain registers. */
static unsigned read_vex(struct reading *r)
{
	bool is_long = take(r) == 0xc4;
	uint8_t first = take(r), last = is_long ? take(r) : first;

	r->map = is_long ? first & 31 : 1;
	r->rex = (first & 0x80 ? 0 : 4) | (is_long && !(first & 0x40) ? 2 : 0) |
		 (is_long && !(first & 0x20) ? 1 : 0);
	r->opcode = take(r);
	if (r->map == 2 && r->opcode >= 0xf0)
		r->i.writes |= 1u << abi_number(~last >> 3 & 15);
	if (r->map == 1)
		return two_byte[r->opcode];
	return r->map == 2 ? M | WR : r->map == 3 ? M | B | WE | WR : 0;
}

static unsigned read_opcode(struct reading *r)
{
	r->opcode = take(r);
	if (r->opcode != 0x0f)
		return one_byte[r->opcode];
	r->map = 1;
	r->opcode = take(r);
	if (r->opcode != 0x38 && r->opcode != 0x3a)
		return two_byte[r->opcode];
	r->map = r->opcode == 0x38 ? 2 : 3;
	r->opcode = take(r);
	return r->map == 2 ? M | WR : M | B | WE;
}

struct insn insn_decode(const uint8_t *bytes, size_t n, uint64_t address)
{
	struct reading r = { .at = bytes,
			     .end = bytes + (n < INSN_MAX ? n : INSN_MAX),
			     .start = bytes,
			     .address = address,
			     .i = { .to = NO_REG, .from = NO_REG, .base = NO_REG, .index = NO_REG } };

	read_prefixes(&r);
	bool vex = is_vex(&r);
	unsigned flags = vex ? read_vex(&r) : read_opcode(&r);
	if (flags & M & ~KNOWN)
		read_modrm(&r);
	int64_t immediate = read_immediate(&r, flags);
	if (!flags || r.is_cut)
		return (struct insn){ .length = 0 };
	find_writes(&r, flags);
	if (!r.map)
		mean_one_byte(&r, immediate);
	else if (r.map == 1 && !vex)
		mean_two_byte(&r, immediate);
	r.i.length = (unsigned)(r.at - bytes);
	return r.i;
}
