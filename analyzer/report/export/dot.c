/* dot.c: the leaks and what holds the rest as a picture, as far as it can be read. */
#include "report/export/export.h"
#include "report/picture.h"

#define NODES 200u /* unless the user wants more */

int export_dot(struct export *e, struct err *err)
{
	struct picture picture = { 0 };
	uint32_t nodes = e->options->max_nodes ? e->options->max_nodes : NODES;
	int failed = picture_whole(&picture, &e->a, &e->options->report, nodes, err);

	if (!failed)
		picture_dot(&e->out, &picture);
	picture_free(&picture);
	return failed;
}
