/* follow.c: see follow.h. */
#include "names/following.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#define STEPS 160u /* instructions of one call, over all paths */
#define PATH_STEPS 64u
#define ORIGINS 8u /* of a function, one the other's */
#define BYTES_BEFORE 4096u /* of the function's code before the call that are looked at */

/* ---- calls and returns ------------------------------------------------------------------------------- */

/* The function that begins at an address. */
static Dwarf_Die *function_at(struct follow *f, uint64_t address)
{
	Dwarf_Die *function;
	Dwarf_Addr entry;

	if (!unit_at(f->object, address, &function) || !function || dwarf_entrypc(function, &entry) != 0 ||
	    entry + f->object->debug.bias != address)
		return NULL;
	return function;
}

#define ARGUMENTS 6u /* that are passed in registers */
static const uint8_t order[ARGUMENTS] = {
	LG_REG_RDI, LG_REG_RSI, LG_REG_RDX, LG_REG_RCX, LG_REG_R8, LG_REG_R9
};

static void pass_arguments(struct follow *f, Dwarf_Die *callee)
{
	Dwarf_Die die;
	unsigned n = 0;

	if (!callee || dwarf_child(callee, &die) != 0)
		return;
	n += returns_in_memory(callee);
	do {
		if (dwarf_tag(&die) != DW_TAG_formal_parameter) /* of a template: its parameters */
			continue;
		if (f->now.regs[order[n]].is_value && type_bytes(type_of(f->names, f->object, &die)) == 8)
			follow_taken_by(f, &die, f->now.regs[order[n]]);
		n++;
	} while (n < ARGUMENTS && die_next(&die));
}

/* Functions of the C library that return their first argument. */
static bool returns_argument(struct follow *f, uint64_t callee)
{
	static const char *const known[] = { "memset",	     "memcpy",	    "memmove", "strcpy",
					     "strncpy",	     "strcat",	    "wmemcpy", "__memset_chk",
					     "__memcpy_chk", "__strcpy_chk" };
	const char *name = callee ? object_import(f->object, callee) : NULL;

	for (size_t i = 0; name && i < sizeof known / sizeof *known; i++)
		if (!strcmp(name, known[i]))
			return true;
	return false;
}

static void after_call(struct follow *f, uint64_t callee)
{
	struct fact first = f->now.regs[LG_REG_RDI];
	static const uint16_t clobbered = 1u << LG_REG_RAX | 1u << LG_REG_RCX | 1u << LG_REG_RDX |
					  1u << LG_REG_RSI | 1u << LG_REG_RDI | 1u << LG_REG_R8 |
					  1u << LG_REG_R9 | 1u << LG_REG_R10 | 1u << LG_REG_R11;

	for (unsigned i = 0; i < 16; i++)
		if (clobbered >> i & 1)
			f->now.regs[i] = (struct fact){ .is_value = false };
	memset(f->now.vectors, 0, sizeof f->now.vectors);
	if (first.is_value && returns_argument(f, callee))
		f->now.regs[LG_REG_RAX] = first;
}

static void return_value(struct follow *f)
{
	Dwarf_Die *function;

	struct fact value = f->now.regs[LG_REG_RAX];

	if (!value.is_value)
		return;
	bool is_known = unit_at(f->object, f->now.at, &function) && function;
	if (!is_known || !returns_no_block(function)) {
		f->findings->is_returned = true;
		f->findings->returned_into = value.into;
	}
	if (is_known)
		follow_taken_for(f, type_of(f->names, f->object, function), 0, value);
}

/* ---- one instruction --------------------------------------------------------------------------------- */

static struct fact operand(const struct follow *f, const struct insn *i)
{
	if (!i->is_memory)
		return i->from < 16 ? f->now.regs[i->from] : (struct fact){ 0 };
	const struct slot *slot = follow_is_frame(f, i) ? follow_slot((struct state *)(uintptr_t)&f->now,
								      follow_frame_address(f, i))
							: NULL;
	return slot ? slot->fact : (struct fact){ 0 };
}

static bool has_value(const struct follow *f, const struct insn *i)
{
	return operand(f, i).is_value;
}

static bool is_start(struct fact fact)
{
	return fact.is_value && !fact.into;
}

static void move(struct follow *f, const struct insn *i)
{
	struct fact fact = i->from == NO_REG ? follow_load(f, i) : f->now.regs[i->from];

	if (i->from < MACHINE_REGS && f->machine.known >> i->from & 1)
		fact = (struct fact){ .frame = f->machine.regs[i->from] };
	if (i->to == NO_REG)
		follow_store(f, i, fact);
	else
		f->now.regs[i->to] = fact;
}

#define NOWHERE 1 /* no header has so many bytes */

static void move_fact(struct fact *fact, int64_t bytes)
{
	fact->offset += bytes;
	fact->frame += fact->frame ? (uint64_t)bytes : 0;
	fact->argument = 0;
	fact->is_value = fact->is_value && follow_further(fact, bytes);
}

/* A word of the frame that something is added to. */
static void add_to_memory(struct follow *f, const struct insn *i)
{
	struct slot *slot = follow_is_frame(f, i) ? follow_slot(&f->now, follow_frame_address(f, i)) : NULL;

	if (slot)
		move_fact(&slot->fact, i->from == NO_REG ? i->immediate : NOWHERE);
}

/* A pointer plus an index still points into the same array. */
static void add(struct follow *f, const struct insn *i)
{
	struct fact fact;

	if (i->to == NO_REG) {
		add_to_memory(f, i);
		return;
	}
	fact = f->now.regs[i->to];
	if (i->from == NO_REG && !i->is_memory) {
		move_fact(&fact, i->immediate);
	} else {
		if (!fact.target)
			fact = i->is_memory ? follow_load(f, i) : f->now.regs[i->from];
		fact.is_value = false;
		fact.frame = fact.argument = 0;
	}
	f->now.regs[i->to] = fact;
}

/* Two words of the frame, copied on as one. */
static uint8_t load_vector(struct follow *f, const struct insn *i)
{
	struct insn half = *i;
	uint8_t values = 0;

	for (unsigned upper = 0; upper < 2 && i->is_memory; upper++, half.disp += 8)
		values |= (uint8_t)(is_start(operand(f, &half)) << upper);
	return values;
}

static void store_vector(struct follow *f, const struct insn *i)
{
	struct insn half = *i;

	for (unsigned upper = 0; upper < 2; upper++, half.disp += 8)
		follow_store(f, &half, (struct fact){ .is_value = f->now.vectors[i->from] >> upper & 1 });
}

static void wait_for(struct follow *f, uint64_t address)
{
	if (f->nwaiting == PATHS)
		return;
	f->waiting[f->nwaiting] = f->now;
	f->waiting[f->nwaiting++].at = address;
}

/* Both ways, but for the one that is taken when the value is null. */
static void branch(struct follow *f, const struct insn *i)
{
	uint64_t next = f->now.at + i->length;

	if (f->now.is_tested && i->condition == CONDITION_NOT_EQUAL)
		next = i->target;
	else if (!f->now.is_tested || i->condition != CONDITION_EQUAL)
		wait_for(f, i->target);
	f->now.at = next;
}

/* False: the path ends. Leaving the function this way is a call, then a return. */
static bool jump(struct follow *f, const struct insn *i)
{
	Dwarf_Die *callee = i->target ? function_at(f, i->target) : NULL;
	bool leaves = !i->target || callee || object_import(f->object, i->target);

	if (leaves) {
		pass_arguments(f, callee);
		after_call(f, i->target);
		return_value(f);
	}
	f->now.at = i->target;
	return !leaves;
}

static void clear_written(struct follow *f, const struct insn *i)
{
	for (unsigned number = 0; number < 16; number++)
		if (i->writes >> number & 1)
			f->now.regs[number] = (struct fact){ .is_value = false };
}

/* Does what the instruction does; false: the path ends here. */
static bool step(struct follow *f, const struct insn *i)
{
	bool is_tested = i->op == INSN_TEST && has_value(f, i);

	switch (i->op) {
	case INSN_MOVE:
		move(f, i);
		break;
	case INSN_LEA:
		f->now.regs[i->to] = follow_address(f, i);
		break;
	case INSN_ADD:
		add(f, i);
		break;
	case INSN_CALL:
		pass_arguments(f, i->target ? function_at(f, i->target) : NULL);
		after_call(f, i->target);
		break;
	case INSN_VECTOR_SET:
		f->now.vectors[i->to] = is_start(f->now.regs[i->from]);
		break;
	case INSN_VECTOR_PAIR:
		f->now.vectors[i->to] = (f->now.vectors[i->to] & 1) | (f->now.vectors[i->from] & 1) << 1;
		break;
	case INSN_VECTOR_STORE:
		store_vector(f, i);
		break;
	case INSN_VECTOR:
		f->now.vectors[i->to] = load_vector(f, i);
		break;
	case INSN_JUMP:
		return jump(f, i);
	case INSN_BRANCH:
		branch(f, i);
		return true;
	case INSN_RETURN:
		return_value(f);
		return false;
	case INSN_STOP:
		return false;
	default:
		clear_written(f, i);
		if (i->op == INSN_TEST)
			break;
	}
	f->now.is_tested = is_tested;
	f->now.at += i->length;
	return true;
}

static bool is_gone(const struct state *s)
{
	for (unsigned i = 0; i < 16; i++)
		if (s->regs[i].is_value || s->vectors[i])
			return false;
	for (unsigned i = 0; i < s->nslots; i++)
		if (s->slots[i].fact.is_value)
			return false;
	return true;
}

/* Where variables are looked at: where the value is somewhere new, and before it may be lost. */
static bool is_telling(const struct follow *f, const struct insn *i)
{
	return f->now.steps == 0 || i->op == INSN_CALL || i->op == INSN_JUMP || i->op == INSN_BRANCH ||
	       i->op == INSN_RETURN || (i->op == INSN_MOVE && has_value(f, i));
}

static void follow_path(struct follow *f)
{
	uint8_t bytes[INSN_MAX];
	bool looks = true;

	while (f->now.steps < PATH_STEPS && f->steps++ < STEPS && !is_gone(&f->now)) {
		size_t n = object_bytes(f->object, f->now.at, bytes, sizeof bytes);
		struct insn i = insn_decode(bytes, n, f->now.at);
		if (!i.length)
			return;
		follow_frame(f);
		looks |= is_telling(f, &i);
		if (looks)
			follow_variables(f);
		looks = i.op == INSN_MOVE && has_value(f, &i);
		f->now.steps++;
		if (!step(f, &i))
			return;
	}
}

/* ---- before the call --------------------------------------------------------------------------------- */

/* Only what registers keep over calls matters; jumps are passed by, as if the code ran from top to bottom. */
static void step_before(struct follow *f, const struct insn *i)
{
	switch (i->op) {
	case INSN_MOVE:
	case INSN_LEA:
	case INSN_ADD:
	case INSN_CALL:
	case INSN_OTHER:
		step(f, i);
		return;
	default:
		f->now.at += i->length;
	}
}

static void take_parameters(struct follow *f)
{
	for (unsigned i = 0; i < ARGUMENTS; i++)
		f->now.regs[order[i]].argument = (uint8_t)(i + 1);
	follow_frame(f);
	follow_locals(f);
	for (size_t i = 0; i < f->nlocals; i++)
		if (f->locals[i].place.kind == AT_REGISTER && f->locals[i].place.number < 16)
			f->now.regs[f->locals[i].place.number].target = type_pointee(follow_local_type(f, i));
}

/* Words of the frame may have been something else when the frame was not whole; the arguments have not. */
static void keep_arguments(struct follow *f)
{
	bool is_steady = f->machine.known >> LG_REG_RBP & 1;
	struct state *s = &f->now;
	unsigned n = 0;

	for (unsigned i = 0; i < s->nslots && is_steady; i++)
		if (s->slots[i].fact.argument)
			s->slots[n++] = s->slots[i];
	s->nslots = n;
}

/* Finds what pointers the function holds when it makes the call, from its entry on. */
static void arrive(struct follow *f, uint64_t call)
{
	uint8_t bytes[INSN_MAX];
	Dwarf_Die *function;
	Dwarf_Addr entry;

	if (!unit_at(f->object, call - 1, &function) || !function || dwarf_entrypc(function, &entry) != 0)
		return;
	f->now.at = entry + f->object->debug.bias;
	if (call - f->now.at > BYTES_BEFORE)
		return;
	uint64_t start = f->now.at;
	take_parameters(f);
	f->now.at = call - 1; /* the frame, and what lives in it, is that of the call */
	follow_frame(f);
	follow_locals(f);
	f->now.at = start;
	f->is_before = true;
	while (f->now.at < call) {
		size_t n = object_bytes(f->object, f->now.at, bytes, sizeof bytes);
		struct insn i = insn_decode(bytes, n, f->now.at);
		if (!i.length || f->now.at + i.length >= call)
			break;
		step_before(f, &i);
	}
	f->is_before = false;
	keep_arguments(f);
}

/* ---- what the scopes say ----------------------------------------------------------------------------- */

/* Objects whose own functions make the call, innermost first: what they allocate is a part of them, not one of them. */
struct owners {
	const struct type *at[PLACE_LEVELS];
	size_t n;
};

static bool is_owner(const struct owners *o, const struct type *t)
{
	for (size_t i = 0; i < o->n; i++)
		if (type_is(o->at[i], t))
			return true;
	return false;
}

static Dwarf_Die declared(Dwarf_Die function)
{
	unsigned hops = 0;

	while (hops++ < ORIGINS &&
	       (die_follow(&function, DW_AT_abstract_origin) || die_follow(&function, DW_AT_specification)))
		;
	return function;
}

static void add_owner(struct follow *f, struct owners *o, Dwarf_Die *function)
{
	Dwarf_Attribute value;
	Dwarf_Die self;
	bool is_owned =
	    dwarf_formref_die(dwarf_attr_integrate(function, DW_AT_object_pointer, &value), &self) != NULL;
	const struct type *t = is_owned ? type_pointee(type_of(f->names, f->object, &self)) : NULL;

	if (t)
		o->at[o->n++] = t;
}

/* `Box::new<T>`, `allocate<T>`: instances of templates that are inlined around the call are about a type. */
static void weigh_templates(struct follow *f, Dwarf_Die *function, const struct owners *owners)
{
	Dwarf_Die origin = declared(*function), die;

	if (dwarf_child(&origin, &die) != 0)
		return;
	do {
		const struct type *t = dwarf_tag(&die) == DW_TAG_template_type_parameter
					   ? type_of(f->names, f->object, &die)
					   : NULL;
		if (t && !is_owner(owners, t))
			follow_found(f->findings, t, FOUND_NEAR, 0);
	} while (die_next(&die));
}

static void weigh_scopes(struct follow *f, uint64_t address)
{
	Dwarf_Die functions[PLACE_LEVELS];
	size_t n = functions_at(f->object, address, functions);
	struct owners owners = { .n = 0 };

	for (size_t i = 0; i < n; i++) {
		add_owner(f, &owners, &functions[i]);
		weigh_templates(f, &functions[i], &owners);
		bool is_whole = dwarf_tag(&functions[i]) == DW_TAG_subprogram && !f->findings->is_returned;
		if (!returns_no_block(&functions[i]))
			follow_found(f->findings, type_pointee(type_of(f->names, f->object, &functions[i])),
				     is_whole ? FOUND_RESULT : FOUND_NEAR, 0);
	}
}

static bool is_declared_at(struct follow *f, struct unit *u, Dwarf_Die *variable, const struct place *place)
{
	const char *file = place->file ? debug_file(f->names, u, variable, DW_AT_decl_file) : NULL;

	return file && die_number(variable, DW_AT_decl_line) == place->line && !strcmp(file, place->file);
}

/* A variable that the compiler has kept nowhere, declared in the line of the call: `T *t = new T{...}` by clang. */
static void weigh_lost(struct follow *f, uint64_t address)
{
	struct place places[PLACE_LEVELS];
	Dwarf_Die lost[LOCALS_MAX];
	struct unit *u;
	size_t n = locals_lost_at(f->object, address, lost, &u);
	size_t nplaces = n ? debug_places(f->names, f->object, address, places) : 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < nplaces; k++)
			if (is_declared_at(f, u, &lost[i], &places[k]))
				follow_found(f->findings,
					     type_pointee(type_of(f->names, f->object, &lost[i])), FOUND_NEAR,
					     0);
}

/* The value is what the call returned, or what it stored for its caller. */
static void take_value(struct follow *f, unsigned through)
{
	struct fact place = through ? f->now.regs[order[through - 1]] : (struct fact){ .frame = 0 };

	after_call(f, 0);
	if (!through) {
		f->now.regs[LG_REG_RAX] = (struct fact){ .is_value = true };
	} else if (place.frame && f->now.nslots < SLOTS) {
		f->now.slots[f->now.nslots++] = (struct slot){ place.frame, { .is_value = true } };
	} else if (place.target) {
		follow_taken_for(f, place.target, (uint64_t)place.offset, (struct fact){ .is_value = true });
	}
}

void follow_value(struct names *n, struct object *o, uint64_t address, unsigned through,
		  struct findings *findings)
{
	struct follow *f = calloc(1, sizeof *f);

	findings->is_returned = false;
	if (!f)
		return;
	f->names = n;
	f->object = o;
	f->findings = findings;
	arrive(f, address);
	f->now.at = address;
	take_value(f, through);
	follow_path(f);
	while (f->nwaiting) {
		f->now = f->waiting[--f->nwaiting];
		follow_path(f);
	}
	weigh_scopes(f, address - 1);
	weigh_lost(f, address - 1);
	free(f);
}
