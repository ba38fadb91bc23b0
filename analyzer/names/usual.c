/* usual.c: see usual.h. One walk over the name, which writes as it goes: when a bracket closes, the arguments behind it are
 * usual already, and what is not needed of them is taken back. */
#include "names/usual.h"

#include "base/buf.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define DEPTH_MAX 64u /* of brackets: deeper ones are copied as they are */
#define ARGUMENTS_MAX 8u /* of one template: only those that are known by name have any left out */

const char *usual_number(const char *name)
{
	static const char *const usual[][2] = { { "short int", "short" },
						{ "long int", "long" },
						{ "long long int", "long long" },
						{ "unsigned int", "unsigned" },
						{ "short unsigned int", "unsigned short" },
						{ "long unsigned int", "unsigned long" },
						{ "long long unsigned int", "unsigned long long" } };

	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
		if (!strcmp(name, usual[i][0]))
			return usual[i][1];
	return name;
}

/* Templates and what their last arguments are unless told otherwise, for the first argument T: std::less<T>. */
static const struct usual_template {
	const char *name;
	unsigned kept; /* arguments before those */
	const char *defaults[3];
} templates[] = {
	{ "std::vector", 1, { "allocator" } },
	{ "std::deque", 1, { "allocator" } },
	{ "std::list", 1, { "allocator" } },
	{ "std::forward_list", 1, { "allocator" } },
	{ "std::set", 1, { "less", "allocator" } },
	{ "std::multiset", 1, { "less", "allocator" } },
	{ "std::map", 2, { "less", "allocator" } },
	{ "std::multimap", 2, { "less", "allocator" } },
	{ "std::unordered_set", 1, { "hash", "equal_to", "allocator" } },
	{ "std::unordered_multiset", 1, { "hash", "equal_to", "allocator" } },
	{ "std::unordered_map", 2, { "hash", "equal_to", "allocator" } },
	{ "std::unordered_multimap", 2, { "hash", "equal_to", "allocator" } },
	{ "std::stack", 1, { "deque" } },
	{ "std::queue", 1, { "deque" } },
	{ "std::priority_queue", 1, { "vector", "less" } },
	{ "std::unique_ptr", 1, { "default_delete" } },
	{ "std::basic_string", 1, { "char_traits", "allocator" } },
	{ "std::basic_string_view", 1, { "char_traits" } },
	{ "std::basic_ios", 1, { "char_traits" } },
	{ "std::basic_streambuf", 1, { "char_traits" } },
	{ "std::basic_istream", 1, { "char_traits" } },
	{ "std::basic_ostream", 1, { "char_traits" } },
	{ "std::basic_iostream", 1, { "char_traits" } },
	{ "std::basic_filebuf", 1, { "char_traits" } },
	{ "std::basic_ifstream", 1, { "char_traits" } },
	{ "std::basic_ofstream", 1, { "char_traits" } },
	{ "std::basic_fstream", 1, { "char_traits" } },
	{ "std::basic_stringbuf", 1, { "char_traits", "allocator" } },
	{ "std::basic_istringstream", 1, { "char_traits", "allocator" } },
	{ "std::basic_ostringstream", 1, { "char_traits", "allocator" } },
	{ "std::basic_stringstream", 1, { "char_traits", "allocator" } },
	{ "std::basic_regex", 1, { "regex_traits" } },
};

/* Rust's own, by the modules that define them, and what its prelude calls them. */
static const char *const rust_scopes[] = { "alloc::string::String",
					   "alloc::vec::Vec",
					   "alloc::boxed::Box",
					   "alloc::rc::Rc",
					   "alloc::rc::RcInner",
					   "alloc::rc::RcBox",
					   "alloc::sync::Arc",
					   "alloc::sync::ArcInner",
					   "alloc::collections::vec_deque::VecDeque",
					   "alloc::collections::linked_list::LinkedList",
					   "alloc::collections::binary_heap::BinaryHeap",
					   "alloc::collections::btree::map::BTreeMap",
					   "alloc::collections::btree::set::BTreeSet",
					   "std::collections::hash::map::HashMap",
					   "std::collections::hash::set::HashSet",
					   "std::sync::mutex::Mutex",
					   "std::sync::poison::mutex::Mutex",
					   "std::sync::rwlock::RwLock",
					   "std::sync::poison::rwlock::RwLock",
					   "core::cell::Cell",
					   "core::cell::RefCell",
					   "core::option::Option",
					   "core::result::Result" };

/* What Rust's take unless told otherwise. */
static const char *const rust_defaults[] = { "alloc::alloc::Global", "std::hash::random::RandomState",
					     "std::collections::hash::map::RandomState" };

struct usual {
	struct buf out;
	const char *at;
	unsigned depth;
};

struct argument {
	size_t from, to; /* in the output */
};

static bool is_text(const struct usual *u, size_t from, size_t to, const char *text)
{
	return to - from == strlen(text) && !memcmp(u->out.bytes + from, text, to - from);
}

static bool begins(const struct usual *u, size_t from, const char *text)
{
	size_t n = strlen(text);

	return u->out.used - from >= n && !memcmp(u->out.bytes + from, text, n);
}

/* Puts a text in the place of all that was written from there on. */
static void put_back(struct usual *u, size_t from, const char *text)
{
	u->out.used = from;
	buf_text(&u->out, text);
}

/* ---- names without brackets -------------------------------------------------------------------------- */

static bool is_of_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$';
}

/* Scopes that say which version of the library it is. */
static size_t inner_scope(const struct usual *u, size_t from)
{
	static const char *const inner[] = { "__cxx11::", "__1::" };

	for (size_t i = 0; i < sizeof inner / sizeof *inner; i++)
		if (is_text(u, from, u->out.used, "std::") && !strncmp(u->at, inner[i], strlen(inner[i])))
			return strlen(inner[i]);
	return 0;
}

static void shorten_rust(struct usual *u, size_t from)
{
	for (size_t i = 0; i < sizeof rust_scopes / sizeof *rust_scopes; i++)
		if (is_text(u, from, u->out.used, rust_scopes[i])) {
			put_back(u, from, strrchr(rust_scopes[i], ':') + 1);
			return;
		}
}

/* "operator<<", whose brackets enclose nothing. */
static bool put_operator(struct usual *u, size_t from)
{
	static const char word[] = "operator";
	size_t n = sizeof word - 1, used = u->out.used;

	if (used - from < n || memcmp(u->out.bytes + used - n, word, n) != 0 ||
	    (used - from > n && is_of_name((char)u->out.bytes[used - n - 1])))
		return false;
	size_t signs = !strncmp(u->at, "()", 2) ? 2 : strspn(u->at, "<>=-");
	buf_put(&u->out, u->at, signs);
	u->at += signs;
	return true;
}

/* "std::vector"; returns where it begins. */
static size_t put_name(struct usual *u)
{
	size_t from = u->out.used;

	while (is_of_name(*u->at) || !strncmp(u->at, "::", 2)) {
		size_t inner = inner_scope(u, from), n = *u->at == ':' ? 2 : 1;

		if (!inner)
			buf_put(&u->out, u->at, n);
		u->at += inner ? inner : n;
	}
	if (!put_operator(u, from))
		shorten_rust(u, from);
	return from;
}

/* ---- templates --------------------------------------------------------------------------------------- */

static void put_until(struct usual *u, const char *stops);

/* "int const" as "const int", which is how gcc's debug information spells it of classes. */
static void put_const_first(struct usual *u, size_t from)
{
	static const char last[] = " const", first[] = "const ";
	size_t n = sizeof last - 1, length = u->out.used - from;

	if (length <= n || !is_text(u, u->out.used - n, u->out.used, last) ||
	    strchr("*&)", u->out.bytes[u->out.used - n - 1]))
		return;
	memmove(u->out.bytes + from + n, u->out.bytes + from, length - n);
	memcpy(u->out.bytes + from, first, n);
}

static void end_argument(struct usual *u, struct argument *a)
{
	while (u->out.used > a->from && u->out.bytes[u->out.used - 1] == ' ')
		u->out.used--;
	buf_put(&u->out, "", 1);
	if (u->out.failed)
		return;
	u->out.used--;
	const char *text = (const char *)u->out.bytes + a->from, *usual = usual_number(text);
	if (usual != text)
		put_back(u, a->from, usual);
	else
		put_const_first(u, a->from);
	a->to = u->out.used;
}

/* Writes the arguments; returns how many there are. */
static unsigned put_arguments(struct usual *u, struct argument arguments[ARGUMENTS_MAX])
{
	struct argument one;
	unsigned n = 0;

	do {
		if (n)
			buf_text(&u->out, ", ");
		if (*u->at == ',' || *u->at == '<')
			u->at++;
		u->at += strspn(u->at, " ");
		one.from = u->out.used;
		put_until(u, ",>");
		end_argument(u, &one);
		if (n < ARGUMENTS_MAX)
			arguments[n] = one;
		n++;
	} while (*u->at == ',');
	return n;
}

/* Is it "std::less<T>" for the T that is the first argument? Of allocators the items may be pairs of more than that. */
static bool is_default(const struct usual *u, const struct argument *first, const struct argument *a,
		       const char *template)
{
	size_t n = strlen(template), at = a->from + 5, length = first->to - first->from;

	if (a->to - a->from < n + 7 || memcmp(u->out.bytes + a->from, "std::", 5) != 0 ||
	    memcmp(u->out.bytes + at, template, n) != 0 || u->out.bytes[at + n] != '<')
		return false;
	return !strcmp(template, "allocator") ||
	       (a->to - at - n - 2 == length &&
		!memcmp(u->out.bytes + at + n + 1, u->out.bytes + first->from, length));
}

static unsigned without_defaults(const struct usual *u, const struct usual_template *t,
				 const struct argument *arguments, unsigned n)
{
	while (n > t->kept && n - t->kept <= 3 && t->defaults[n - t->kept - 1] &&
	       is_default(u, arguments, &arguments[n - 1], t->defaults[n - t->kept - 1]))
		n--;
	return n;
}

static unsigned without_rust_defaults(const struct usual *u, const struct argument *arguments, unsigned n)
{
	size_t i = 0;

	while (n > 1 && i < sizeof rust_defaults / sizeof *rust_defaults)
		if (is_text(u, arguments[n - 1].from, arguments[n - 1].to, rust_defaults[i])) {
			n--;
			i = 0;
		} else {
			i++;
		}
	return n;
}

static const struct usual_template *template_named(const struct usual *u, size_t from, size_t to)
{
	for (size_t i = 0; i < sizeof templates / sizeof *templates; i++)
		if (is_text(u, from, to, templates[i].name))
			return &templates[i];
	return NULL;
}

/* "std::basic_string<char>" is std::string, that of wchar_t std::wstring. */
static void call_by_alias(struct usual *u, size_t from)
{
	static const char *const kinds[][2] = { { "<char>", "" }, { "<wchar_t>", "w" } };

	for (size_t i = 0; i < 2 && begins(u, from, "std::basic_"); i++) {
		size_t n = strlen(kinds[i][0]), name = from + strlen("std::basic_");
		size_t end = u->out.used - n;

		if (end <= name || !is_text(u, end, u->out.used, kinds[i][0]) ||
		    memchr(u->out.bytes + name, '<', end - name))
			continue;
		size_t letter = strlen(kinds[i][1]);
		memmove(u->out.bytes + from + 5 + letter, u->out.bytes + name, end - name);
		memcpy(u->out.bytes + from + 5, kinds[i][1], letter);
		u->out.used = from + 5 + letter + end - name;
		return;
	}
}

/* What Rust's MaybeUninit<T> is in memory: a T. */
static void look_through(struct usual *u, size_t from, size_t open)
{
	if (!is_text(u, from, open, "core::mem::maybe_uninit::MaybeUninit") ||
	    u->out.bytes[u->out.used - 1] != '>')
		return;
	size_t length = u->out.used - open - 2;
	memmove(u->out.bytes + from, u->out.bytes + open + 1, length);
	u->out.used = from + length;
}

/* The "<...>" behind a name. */
static void put_template(struct usual *u, size_t from)
{
	struct argument arguments[ARGUMENTS_MAX];
	size_t open = u->out.used;

	buf_put(&u->out, "<", 1);
	unsigned n = put_arguments(u, arguments), kept = n;
	if (u->out.failed || *u->at != '>')
		return;
	u->at++;
	const struct usual_template *t = template_named(u, from, open);
	if (n <= ARGUMENTS_MAX)
		kept = t ? without_defaults(u, t, arguments, n) : without_rust_defaults(u, arguments, n);
	if (kept < n)
		u->out.used = arguments[kept - 1].to;
	buf_put(&u->out, ">", 1);
	if (u->out.failed)
		return;
	if (t)
		call_by_alias(u, from);
	look_through(u, from, open);
}

/* ---- the whole --------------------------------------------------------------------------------------- */

static void put_enclosed(struct usual *u, char close)
{
	const char stops[] = { close, 0 };

	buf_put(&u->out, u->at++, 1);
	put_until(u, stops);
	if (*u->at)
		buf_put(&u->out, u->at++, 1);
}

static void put_named(struct usual *u)
{
	size_t from = put_name(u);

	if (*u->at == '<')
		put_template(u, from);
}

/* Everything up to one of the characters, which is not read. */
static void put_until(struct usual *u, const char *stops)
{
	bool is_deep = ++u->depth > DEPTH_MAX;

	while (*u->at && !u->out.failed && !strchr(stops, *u->at)) {
		if (is_deep)
			buf_put(&u->out, u->at++, 1);
		else if (is_of_name(*u->at) || !strncmp(u->at, "::", 2))
			put_named(u);
		else if (*u->at == '(')
			put_enclosed(u, ')');
		else if (*u->at == '[')
			put_enclosed(u, ']');
		else if (*u->at == '{')
			put_enclosed(u, '}');
		else if (*u->at == '<')
			put_enclosed(u, '>');
		else if (!strncmp(u->at, "->", 2)) {
			buf_put(&u->out, u->at, 2);
			u->at += 2;
		} else
			buf_put(&u->out, u->at++, 1);
	}
	u->depth--;
}

char *usual_name(const char *name)
{
	struct usual u = { .at = name };

	put_until(&u, "");
	buf_put(&u.out, "", 1);
	if (!u.out.failed)
		return (char *)u.out.bytes;
	buf_free(&u.out);
	return NULL;
}
