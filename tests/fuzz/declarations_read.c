/* declarations_read.c: any text as a file of models. It is refused in one line that names the file and the line, or read;
 * then every declaration says something, and its fields lie where a field can. */
#include "replay.h"
#include "models/declarations.h"

#include <string.h>

static void look_at_field(const struct declared_field *f, const char *function)
{
	claim(f->line && (f->name ? !function && !f->bytes : f->bytes && f->offset % f->bytes == 0));
}

static void look_at(const struct declaration *d)
{
	claim(!d->type != !d->function && d->line && (d->has_count || d->nweak || d->nowns));
	claim(d->nweak <= DECLARED_FIELDS_MAX && d->nowns <= DECLARED_FIELDS_MAX);
	if (d->has_count)
		look_at_field(&d->count, d->function);
	for (uint32_t i = 0; i < d->nweak; i++)
		look_at_field(&d->weak[i], d->function);
	for (uint32_t i = 0; i < d->nowns; i++)
		look_at_field(&d->owns[i], d->function);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct declarations d = { 0 };
	struct err err = { "" };
	char *text = strndup(n ? (const char *)bytes : "", n);

	claim(text != NULL);
	if (declarations_add(&d, "any.model", text, &err)) {
		claim(!strncmp(err.text, "any.model:", 10) && err.text[10] >= '1' && err.text[10] <= '9');
		for (const char *c = err.text; *c; c++)
			claim(!strchr("\n\r\033", *c));
	} else {
		for (const struct declaration *one = d.first; one; one = one->next)
			look_at(one);
	}
	declarations_free(&d);
	free(text);
	return 0;
}
