/* notes.c: what names could not find out, for people. */
#include "names/inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void names_note(struct names *n, const char *format, ...)
{
	va_list args;
	char *text = NULL;

	if (n->nnotes == n->notes_room) {
		size_t room = n->notes_room ? n->notes_room * 2 : 16;
		const char **notes = reallocarray(n->notes, room, sizeof *notes);
		if (!notes)
			return;
		n->notes = notes;
		n->notes_room = room;
	}
	va_start(args, format);
	int length = vasprintf(&text, format, args);
	va_end(args);
	const char *note = length < 0 ? NULL : arena_copy(&n->arena, text, (size_t)length);
	if (note)
		n->notes[n->nnotes++] = note;
	if (length >= 0)
		free(text);
}

size_t names_notes(struct names *n, const char *const **notes)
{
	const char **copy =
	    arena_take(&n->arena, (n->nnotes + 1) * sizeof *copy); /* later notes move n->notes */

	if (copy && n->nnotes)
		memcpy(copy, n->notes, n->nnotes * sizeof *copy);
	*notes = copy;
	return copy ? n->nnotes : 0;
}
