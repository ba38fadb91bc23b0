/* type_names.c: how a type is spelled, as in the source. */
#include "names/type.h"
#include "names/usual.h"

#include <stdio.h>
#include <string.h>

#define NAME_DEPTH 8u /* pointers to functions that take pointers ...: deeper is "..." */

static const char *spell(const struct type *asked, unsigned depth);

/* A class without a name that can be called. */
static bool is_lambda(Dwarf_Die *record)
{
	Dwarf_Die child;

	if (dwarf_child(record, &child) != 0)
		return false;
	do {
		const char *name = dwarf_tag(&child) == DW_TAG_subprogram ? dwarf_diename(&child) : NULL;
		if (name && !strcmp(name, "operator()"))
			return true;
	} while (die_next(&child));
	return false;
}

/* "struct node", "shop::Cart<int>". */
static const char *spell_plain(const struct type *t)
{
	Dwarf_Die die = t->die;
	const char *name = dwarf_diename(&die);
	const char *word = t->tag == DW_TAG_union_type	       ? "union"
			   : t->tag == DW_TAG_enumeration_type ? "enum"
			   : tag_is_record(t->tag)	       ? "struct"
							       : NULL;

	if (!name && !names_are_plain_at(&die) && is_lambda(&die))
		return "(lambda)";
	if (!name)
		return word ? arena_format(&t->names->arena, "%s {...}", word) : "?";
	if (t->tag == DW_TAG_base_type)
		return usual_number(name); /* gcc spells some at full length */
	if (!names_are_plain_at(&die))
		return die_scoped_name(t->names, die, name);
	return word ? arena_format(&t->names->arena, "%s %s", word, name) : name;
}

static const char *spell_array(const struct type *t, unsigned depth)
{
	struct buf text = { 0 };
	char dim[32];
	const char *inner = spell(t->inner, depth);

	buf_put(&text, inner, strlen(inner));
	for (uint32_t i = 0; i < t->ndims; i++) {
		int length = t->dims[i] ? snprintf(dim, sizeof dim, "[%llu]", (unsigned long long)t->dims[i])
					: snprintf(dim, sizeof dim, "[]");
		buf_put(&text, dim, (size_t)length);
	}
	const char *name = text.failed ? NULL : arena_copy(&t->names->arena, (char *)text.bytes, text.used);
	buf_free(&text);
	return name;
}

static const char *spell_parameters(const struct type *t, unsigned depth)
{
	const char *text = "";
	Dwarf_Die die = t->die, child;
	unsigned count = 0;

	if (dwarf_child(&die, &child) != 0)
		return "void";
	do {
		if (dwarf_tag(&child) != DW_TAG_formal_parameter)
			continue;
		text = arena_format(&t->names->arena, "%s%s%s", text ? text : "", count ? ", " : "",
				    spell(type_of(t->names, t->object, &child), depth));
	} while (++count < 16 && die_next(&child));
	return text ? text : "...";
}

/* "int (*)(void *)", or without the star "int (void *)". */
static const char *spell_function(const struct type *t, const char *star, unsigned depth)
{
	const struct type *returned = type_of(t->names, t->object, &t->die);

	return arena_format(&t->names->arena, "%s %s(%s)", spell(returned, depth), star,
			    spell_parameters(t, depth));
}

static const char *spell_pointer(const struct type *t, unsigned depth)
{
	const struct type *inner = type_readied(t)->inner;
	const char *star = t->tag == DW_TAG_pointer_type ? "*" : t->tag == DW_TAG_reference_type ? "&" : "&&";

	if (inner && !inner->name && inner->tag == DW_TAG_subroutine_type)
		return spell_function(inner, "(*)", depth);
	const char *text = spell(inner, depth);
	size_t length = strlen(text);
	bool is_close = length && strchr("*&", text[length - 1]);
	return arena_format(&t->names->arena, "%s%s%s", text, is_close ? "" : " ", star);
}

static const char *spell(const struct type *asked, unsigned depth)
{
	struct type *t = (struct type *)(uintptr_t)asked;

	if (!t)
		return "void";
	if (t->name)
		return t->name;
	if (depth == NAME_DEPTH)
		return "...";
	const char *name = t->kind == TYPE_POINTER	      ? spell_pointer(t, depth + 1)
			   : t->kind == TYPE_ARRAY	      ? spell_array(t, depth + 1)
			   : t->tag == DW_TAG_subroutine_type ? spell_function(t, "", depth + 1)
							      : spell_plain(t);
	if (!depth)
		t->name = name;
	return name ? name : "?";
}

const char *type_name(const struct type *t)
{
	return spell(t, 0);
}
