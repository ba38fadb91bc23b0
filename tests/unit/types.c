/* types.c: variables get the names and types that the compiler was given, and words of blocks their members. */
#include "names/types.h"
#include "names/sites.h"
#include "names/variables.h"

#include "built.h"
#include "suite.h"

#define BIAS 0x7f0012340000ULL
#define MODULE 7u

/* A trace of one module. */
struct scene {
	struct trace trace;
	struct trace_module module;
	char path[512];
	struct names *names;
};

static void scene_open(struct scene *s, const char *file)
{
	struct names_options options = { .no_debuginfod = true };
	struct err err = { "" };

	memset(s, 0, sizeof *s);
	snprintf(s->path, sizeof s->path, "%s", in_dir(file));
	s->module = (struct trace_module){
		.id = MODULE, .bias = BIAS, .start = BIAS, .end = BIAS + (1 << 24), .path = s->path
	};
	s->trace.modules = &s->module;
	s->trace.nmodules = 1;
	s->trace.process.executable = s->path;
	ck_assert_msg(names_open(&s->names, &s->trace, &options, &err) == 0, "%s", err.text);
}

static struct variable variable(struct scene *s, const char *symbol, uint64_t offset)
{
	struct variable v;

	ck_assert_msg(names_variable(s->names, MODULE,
				     address_of(strrchr(s->path, '/') + 1, symbol) + BIAS + offset, &v),
		      "nothing is known of %s+%lu", symbol, (unsigned long)offset);
	ck_assert_uint_eq(v.offset, offset);
	return v;
}

static const struct type *type_of_symbol(struct scene *s, const char *symbol)
{
	return variable(s, symbol, 0).type;
}

static void check_member(const struct type *t, uint64_t bytes, uint64_t offset, const char *path,
			 const char *type)
{
	struct type_member m;
	char text[256];

	ck_assert_msg(type_member_at(t, bytes, offset, 0, &m, text, sizeof text), "%s has nothing at %lu",
		      type_name(t), (unsigned long)offset);
	ck_assert_str_eq(text, path);
	ck_assert_str_eq(type_name(m.type), type);
}

/* ---- victims ----------------------------------------------------------------------------------------- */

static const char data_c[] =
    "#include <stddef.h>\n"
    "struct hidden;\n"
    "typedef struct { int kind; union { struct node *left; char *text; }; } item_t;\n"
    "struct slot { long key; const char *value; };\n"
    "struct node {\n"
    "	struct node *next; unsigned flags : 3, more : 5; short count;\n"
    "	union { void *ptr; struct slot *slot; long number; } u;\n"
    "	struct slot slots[4]; int grid[2][3]; item_t items[2]; struct hidden *hidden;\n"
    "	int (*compare)(const void *, const void *);\n"
    "};\n"
    "struct text { size_t length; struct slot tail[]; };\n"
    "struct old { size_t length; char name[1]; };\n"
    "typedef struct node *list_t;\n"
    "struct node *head; const volatile struct node *const constant = 0; struct node **table; list_t list;\n"
    "item_t one_item; struct text *text; struct old *old; char **argv_copy; void *anything;\n"
    "enum color { RED } color; struct hidden *opaque; __thread struct node *current; __thread long pad[3];\n"
    "void *use(void) { static struct node *cache; static int calls; calls++; (void)constant;\n"
    "	pad[1]++; cache = current; return cache; }\n";
static const char other_c[] =
    "struct hidden { int a; struct hidden *peer; };\n"
    "struct hidden the_hidden; static struct hidden *head_of_hidden;\n"
    "void *use(void); int main(void) { head_of_hidden = &the_hidden; use(); return !head_of_hidden; }\n";
static const char shop_cc[] =
    "#include <memory>\n#include <vector>\n#include <string>\n"
    "namespace shop { struct Base { virtual ~Base(); int id; Base *peer; };\n"
    "template <class T> struct Cart : Base { T first; std::unique_ptr<T> second; std::vector<T *> all; };\n"
    "struct Item { Item *next; };\n"
    "Cart<Item> *cart; Cart<Item> &reference = *cart; namespace { Item *hidden; }\n"
    "struct Registry { static Item *all; };\n"
    "Item *Registry::all; Base::~Base() { } }\n"
    "int main() { return shop::hidden && shop::cart; }\n"
    "shop::Cart<shop::Item> first;\n"
    "void *peer() { return &first; }\n"
    "struct Crate { shop::Item only; } crate; struct Box : Crate { } box; struct Pair { Crate a; long b; } "
    "two;\n";

static void build_c(const char *compiler, const char *flags)
{
	write_file("data.c", data_c);
	write_file("other.c", other_c);
	ck_assert(run("%s -g %s -o app data.c other.c", compiler, flags));
}

/* ---- tests ------------------------------------------------------------------------------------------- */

static const char *const builds[][2] = { { "gcc", "-O0" },
					 { "gcc", "-O2 -gdwarf-4" },
					 { "gcc", "-O1 -fdebug-types-section" },
					 { "gcc", "-O1 -gsplit-dwarf" },
					 { "clang", "-O2" },
					 { "clang", "-O0 -gdwarf-4" } };
#define NBUILDS (sizeof builds / sizeof *builds)

static void check_names(struct scene *s)
{
	ck_assert_str_eq(type_name(type_of_symbol(s, "head")), "struct node *");
	ck_assert_str_eq(type_name(type_of_symbol(s, "constant")), "struct node *");
	ck_assert_str_eq(type_name(type_of_symbol(s, "table")), "struct node **");
	ck_assert_str_eq(type_name(type_of_symbol(s, "list")), "list_t");
	ck_assert_str_eq(type_name(type_of_symbol(s, "one_item")), "item_t");
	ck_assert_str_eq(type_name(type_of_symbol(s, "argv_copy")), "char **");
	ck_assert_str_eq(type_name(type_of_symbol(s, "anything")), "void *");
	ck_assert_ptr_null(type_pointee(type_of_symbol(s, "anything")));
	ck_assert_str_eq(type_name(type_of_symbol(s, "color")), "enum color");
}

START_TEST(types_are_named_as_in_the_source)
{
	for (size_t i = 0; i < NBUILDS; i++) {
		struct scene s;

		build_c(builds[i][0], builds[i][1]);
		scene_open(&s, "app");
		check_names(&s);
		const struct type *node = type_pointee(type_of_symbol(&s, "head"));
		ck_assert_str_eq(type_name(node), "struct node");
		ck_assert_ptr_eq(node, type_pointee(type_of_symbol(&s, "list")));
		ck_assert_ptr_eq(node, type_pointee(type_of_symbol(&s, "constant")));
		ck_assert_uint_eq(type_bytes(node), 160);
		ck_assert_uint_eq(type_bytes(type_of_symbol(&s, "head")), 8);
		names_close(s.names);
	}
}
END_TEST

START_TEST(words_are_named_by_their_members)
{
	for (size_t i = 0; i < NBUILDS; i++) {
		struct scene s;

		build_c(builds[i][0], builds[i][1]);
		scene_open(&s, "app");
		const struct type *node = type_pointee(type_of_symbol(&s, "head"));
		check_member(node, 160, 0, "next", "struct node *");
		check_member(node, 160, 10, "count", "short");
		check_member(node, 160, 32, "slots[0].value", "char *");
		check_member(node, 160, 24 + 3 * 16, "slots[3].key", "long");
		check_member(node, 160, 88 + 16, "grid[1][1]", "int");
		check_member(node, 160, 112 + 16 + 8, "items[1].left", "struct node *");
		check_member(node, 160, 144, "hidden", "struct hidden *");
		check_member(node, 160, 152, "compare", "int (*)(void *, void *)");
		names_close(s.names);
	}
}
END_TEST

START_TEST(unions_offer_all_their_members)
{
	struct scene s;
	struct type_member m;
	char text[64];

	build_c("gcc", "");
	scene_open(&s, "app");
	const struct type *node = type_pointee(type_of_symbol(&s, "head"));
	static const char *const paths[] = { "u.ptr", "u.slot", "u.number" };
	for (unsigned i = 0; i < 3; i++) {
		ck_assert(type_member_at(node, 160, 16, i, &m, text, sizeof text));
		ck_assert_str_eq(text, paths[i]);
		ck_assert(m.is_union);
	}
	ck_assert(!type_member_at(node, 160, 16, 3, &m, text, sizeof text));
	ck_assert(type_member_at(node, 160, 0, 0, &m, text, sizeof text) && !m.is_union);
	ck_assert(!type_member_at(node, 160, 0, 1, &m, text, sizeof text));
	names_close(s.names);
}
END_TEST

START_TEST(larger_blocks_are_arrays_or_have_tails)
{
	struct scene s;
	struct type_member m;

	build_c("gcc", "");
	scene_open(&s, "app");
	const struct type *node = type_pointee(type_of_symbol(&s, "head"));
	const struct type *tail = type_pointee(type_of_symbol(&s, "text"));
	const struct type *old = type_pointee(type_of_symbol(&s, "old"));
	check_member(node, 160 * 20, 160 * 17, "[17].next", "struct node *");
	check_member(node, 200, 0, "next", "struct node *");
	ck_assert(!type_member_at(node, 200, 160, 0, &m, NULL, 0));
	ck_assert(!type_member_at(node, 100, 0, 0, &m, NULL, 0));
	ck_assert(!type_member_at(node, 160, 160, 0, &m, NULL, 0));
	check_member(tail, 8 + 16 * 5, 8 + 16 * 4 + 8, "tail[4].value", "char *");
	check_member(old, 40, 30, "name[22]", "char");
	ck_assert_int_eq(type_fit(node, 160), FIT_EXACT);
	ck_assert_int_eq(type_fit(node, 320), FIT_ARRAY);
	ck_assert_int_eq(type_fit(node, 200), FIT_PREFIX);
	ck_assert_int_eq(type_fit(node, 152), FIT_NOT);
	ck_assert_int_eq(type_fit(tail, 8 + 16 * 5), FIT_TAIL);
	ck_assert_int_eq(type_fit(old, 19), FIT_TAIL);
	names_close(s.names);
}
END_TEST

START_TEST(declared_types_are_found_where_they_are_defined)
{
	struct scene s;

	build_c("clang", "-O1");
	scene_open(&s, "app");
	const struct type *hidden = type_pointee(type_of_symbol(&s, "opaque"));
	ck_assert_str_eq(type_name(hidden), "struct hidden");
	ck_assert_uint_eq(type_bytes(hidden), 16);
	check_member(hidden, 16, 8, "peer", "struct hidden *");
	names_close(s.names);
}
END_TEST

START_TEST(variables_tell_their_function_and_line)
{
	for (size_t i = 0; i < NBUILDS; i++) {
		struct scene s;
		struct variable v;
		bool is_gcc = builds[i][0][0] == 'g';

		build_c(builds[i][0], builds[i][1]);
		scene_open(&s, "app");
		v = variable(&s, "head", 0);
		ck_assert_str_eq(v.name, "head");
		ck_assert_uint_eq(v.line, 14);
		ck_assert_ptr_nonnull(strstr(v.file, "/data.c"));
		ck_assert_ptr_null(v.function);
		v = variable(&s, "the_hidden", 8);
		ck_assert_str_eq(v.name, "the_hidden");
		/* gcc numbers them */
		ck_assert(
		    run("nm app | awk '$NF ~ /%s/ { print $NF }' >static", is_gcc ? "^cache" : "cache$"));
		char symbol[64] = "";
		FILE *f = fopen(in_dir("static"), "r");
		if (fscanf(f, "%63s", symbol) == 1) { /* with optimisation it may be gone */
			v = variable(&s, symbol, 0);
			ck_assert_str_eq(v.name, "cache");
			ck_assert_str_eq(v.function, "use");
			ck_assert_str_eq(type_name(v.type), "struct node *");
		}
		fclose(f);
		names_close(s.names);
	}
}
END_TEST

START_TEST(symbols_stand_in_for_dwarf)
{
	struct scene s;

	build_c("gcc", "");
	ck_assert(run("strip -g app"));
	scene_open(&s, "app");
	struct variable v = variable(&s, "the_hidden", 8);
	ck_assert_str_eq(v.name, "the_hidden");
	ck_assert_ptr_null(v.type);
	names_close(s.names);
}
END_TEST

START_TEST(thread_local_variables_are_known)
{
	struct scene s;
	struct variable v;
	const struct trace_snapshot empty = { 0 };
	const struct trace_thread thread = { .fs_base = 0x7f1000000000 };

	build_c("gcc", "");
	scene_open(&s, "app");
	ck_assert(names_tls_variable(s.names, &empty, &thread,
				     thread.fs_base - 48 + address_of("app", "pad") + 8, &v));
	ck_assert_str_eq(v.name, "pad");
	ck_assert_uint_eq(v.offset, 8);
	ck_assert(names_tls_variable(s.names, &empty, &thread,
				     thread.fs_base - 48 + address_of("app", "current"), &v));
	ck_assert_str_eq(v.name, "current");
	ck_assert_str_eq(type_name(v.type), "struct node *");
	ck_assert(!names_tls_variable(s.names, &empty, &thread, thread.fs_base - 56, &v));
	ck_assert(!names_tls_variable(s.names, &empty, &thread, thread.fs_base, &v));
	names_close(s.names);
}
END_TEST

/* The word that the loader gives the number of the module that has the variable. */
static uint64_t number_word_of(const char *file, const char *variable)
{
	char command[1024];
	uint64_t address = 0;

	snprintf(command, sizeof command, "readelf -rW '%s' | awk '/DTPMOD64/ && / %s /{ print $1 }'",
		 in_dir(file), variable);
	FILE *f = popen(command, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%lx", &address), 1);
	pclose(f);
	return address;
}

/* A library has words for the numbers of other modules, too. */
START_TEST(thread_local_variables_of_libraries_are_found_by_their_number)
{
	struct scene s;
	struct variable v;
	uint64_t got[512] = { 0 }, vector = 0x7f3000000000, vectors[8] = { 0 };
	const struct trace_thread thread = { .fs_base = 0x7f2000000000 };

	write_file("tls.c", "extern __thread long foreign; __thread long mine;\n"
			    "long *theirs(void) { return &foreign; } long *own(void) { return &mine; }\n");
	ck_assert(run("gcc -g -fPIC -shared -mtls-dialect=gnu -o libtls.so tls.c"));
	uint64_t mine = number_word_of("libtls.so", "mine"), foreign = number_word_of("libtls.so", "foreign");
	const struct trace_memory memory[] = { { BIAS + (mine & ~4095ull), sizeof got, got },
					       { thread.fs_base + 8, 8, &vector },
					       { vector, sizeof vectors, vectors } };
	const struct trace_snapshot snapshot = { .memory = (struct trace_memory *)memory, .nmemory = 3 };
	got[mine % 4096 / 8] = 2;
	got[foreign % 4096 / 8] = 3;
	vectors[4] = 0x7f4000000000;
	vectors[6] = 0x7f5000000000;

	scene_open(&s, "libtls.so");
	s.trace.process.executable = NULL;
	ck_assert(names_tls_variable(s.names, &snapshot, &thread, 0x7f4000000000, &v));
	ck_assert_str_eq(v.name, "mine");
	ck_assert(!names_tls_variable(s.names, &snapshot, &thread, 0x7f5000000000, &v));
	names_close(s.names);
}
END_TEST

START_TEST(cxx_types_have_scopes_and_bases)
{
	struct scene s;

	write_file("shop.cc", shop_cc);
	ck_assert(run("g++ -g -o shop shop.cc"));
	scene_open(&s, "shop");
	struct variable v = variable(&s, "_ZN4shop4cartE", 0);
	ck_assert_str_eq(v.name, "shop::cart");
	const struct type *cart = type_pointee(v.type);
	ck_assert_str_eq(type_name(cart), "shop::Cart<shop::Item>");
	ck_assert_ptr_eq(type_pointee(variable(&s, "_ZN4shop9referenceE", 0).type), cart);
	check_member(cart, type_bytes(cart), 16, "peer", "shop::Base *");
	check_member(cart, type_bytes(cart), 24, "first.next", "shop::Item *");
	check_member(cart, type_bytes(cart), 40, "all", "shop::Item **");
	const struct type *crate = type_of_symbol(&s, "crate"), *box = type_of_symbol(&s, "box");
	ck_assert(type_wraps(box, crate) &&
		  type_wraps(box, type_pointee(variable(&s, "_ZN4shop8Registry3allE", 0).type)));
	ck_assert(!type_wraps(crate, box) && !type_wraps(crate, crate));
	ck_assert(!type_wraps(type_of_symbol(&s, "two"), crate));
	v = variable(&s, "_ZN4shop8Registry3allE", 0);
	ck_assert_str_eq(v.name, "shop::Registry::all");
	v = variable(&s, "_ZN4shop12_GLOBAL__N_16hiddenE", 0);
	ck_assert_str_eq(v.name, "shop::(anonymous namespace)::hidden");
	names_close(s.names);
}
END_TEST

static const char makes_c[] =
    "#include <stdlib.h>\n"
    "struct leaf { long a, b; }; struct node { struct node *next; union { struct leaf *leaf; long n; } u;\n"
    "	struct leaf *slots[3]; } *head;\n"
    "static void *get(size_t n) { void *p = malloc(n); if (!p) abort(); return p; }\n"
    "__attribute__((noinline)) int plant(struct node *n, int i) {\n"
    "	struct leaf *mine = get(sizeof *mine);\n"
    "	n->u.leaf = mine; n->slots[i] = get(sizeof *mine); head = get(sizeof *head); return mine->a; }\n"
    "int main(int n, char **v) { struct node one; return plant(&one, n) + !v; }\n";

/* Where the call of malloc in a function returns to. */
static uint64_t after_malloc(const char *file, const char *function)
{
	char command[1024];
	uint64_t address = 0;

	snprintf(command, sizeof command,
		 "objdump -d '%s' | awk '/<%s>:/ { in_it = 1 } is_next { print $1; exit } "
		 "in_it && /call.*<malloc/ { is_next = 1 }'",
		 in_dir(file), function);
	FILE *f = popen(command, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%lx", &address), 1);
	pclose(f);
	return address;
}

/* The type of what the function makes is told by what becomes of it behind memset; where code that is not known may have
 * called malloc for itself, only if the size is right. */
START_TEST(sites_tell_what_they_make)
{
	struct trace_node nodes[3] = { 0 };
	uint32_t at;
	struct scene s;

	write_file("site.c", "#include <stdlib.h>\n#include <string.h>\n"
			     "struct node { struct node *next; long values[4]; };\n"
			     "struct node *make(size_t n) { return memset(malloc(n), 0, n); }\n"
			     "int main(int n, char **v) { return !make(n) + !v; }\n");
	ck_assert(run("gcc -g -O1 -fno-builtin -o site site.c"));
	scene_open(&s, "site");
	s.trace.nodes = nodes;
	s.trace.nnodes = 3;
	nodes[1].frame = (uint64_t)MODULE << LG_FRAME_MODULE_SHIFT | after_malloc("site", "make");
	nodes[2].frame = (uint64_t)MODULE << LG_FRAME_MODULE_SHIFT | (address_of("site", "_start") + 1);
	nodes[2].parent = 1;
	ck_assert_str_eq(type_name(names_site_type(s.names, 1, 0, 40, &at)), "struct node");
	ck_assert_str_eq(type_name(names_site_type(s.names, 1, 0, 80, &at)), "struct node");
	ck_assert_str_eq(type_name(names_site_type(s.names, 2, 0, 40, &at)), "struct node");
	ck_assert_ptr_null(names_site_type(s.names, 2, 0, 80, &at));
	names_close(s.names);
}
END_TEST

/* Asks about code as if each byte began an instruction, and about all data. */
static void ask_everything(struct scene *s, uint64_t code, uint64_t data)
{
	struct trace_node nodes[2] = { 0 };
	uint32_t at;
	struct type_member m;
	struct variable v;
	char text[64];

	s->trace.nodes = nodes;
	s->trace.nnodes = 2;
	for (uint64_t i = 0; i < 200; i++) {
		nodes[1].frame = ((uint64_t)MODULE << LG_FRAME_MODULE_SHIFT) | (code + i);
		const struct type *t = names_site_type(s->names, 1, 0, 40, &at);
		for (uint64_t offset = 0; t && offset < 40; offset += 8)
			type_member_at(t, 40, offset, 0, &m, text, sizeof text);
	}
	for (uint64_t i = 0; i < 64; i++)
		if (names_variable(s->names, MODULE, BIAS + data + i, &v) && v.type)
			type_member_at(type_pointee(v.type), 4096, i * 8, i % 3, &m, text, sizeof text);
}

/* Overwrites bytes of the debug sections, of CFI and of code; whatever is answered, it must end and stay in bounds. */
START_TEST(damage_ends)
{
	unsigned seed = 4711;

	write_file("makes.c", makes_c);
	ck_assert(run(
	    "gcc -O2 -g -o good makes.c && readelf -SW good | awk '/debug_info|debug_abbrev|debug_loclists|"
	    "debug_str |eh_frame |\\.text/ { sub(/.*\\]/, \"\"); print $4, $5 }' >sections"));
	uint64_t code = address_of("good", "plant"), data = address_of("good", "head");
	for (unsigned round = 0; round < 54; round++) {
		struct scene s;
		unsigned offset, bytes, part = round % 6;

		ck_assert(run("cp good bad"));
		FILE *sections = fopen(in_dir("sections"), "r");
		for (unsigned i = 0; i <= part; i++)
			ck_assert_int_eq(fscanf(sections, "%x %x", &offset, &bytes), 2);
		fclose(sections);
		FILE *bad = fopen(in_dir("bad"), "r+");
		for (unsigned i = 0; i < 1 + round / 4; i++) {
			seed = seed * 1103515245u + 12345u;
			fseek(bad, (long)(offset + (seed >> 8) % bytes), SEEK_SET);
			fputc((int)(seed >> 24), bad);
		}
		fclose(bad);
		scene_open(&s, "bad");
		ask_everything(&s, code, data);
		names_close(s.names);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { types_are_named_as_in_the_source,
				       words_are_named_by_their_members,
				       unions_offer_all_their_members,
				       larger_blocks_are_arrays_or_have_tails,
				       declared_types_are_found_where_they_are_defined,
				       variables_tell_their_function_and_line,
				       symbols_stand_in_for_dwarf,
				       thread_local_variables_are_known,
				       thread_local_variables_of_libraries_are_found_by_their_number,
				       sites_tell_what_they_make,
				       cxx_types_have_scopes_and_bases,
				       damage_ends };

	return suite_run_with("types", set_up, tear_down, tests, sizeof tests / sizeof *tests);
}
