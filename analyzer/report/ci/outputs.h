/* outputs.h: the report in the formats that others read: CI systems, code scanning, dashboards. Each is a renderer over
 * the finished model; none judges. */
#ifndef LG_REPORT_CI_OUTPUTS_H
#define LG_REPORT_CI_OUTPUTS_H

#include "base/buf.h"
#include "report/gated.h"

struct output {
	const char *name, *help;
	void (*render)(struct buf *out, const struct report *r, const struct output_context *c);
};
extern const struct output outputs[], suppression_syntaxes[]; /* each ends with a NULL name */

const struct output *output_named(const struct output *table, const char *name); /* NULL: there is none */

void output_sarif(struct buf *out, const struct report *r, const struct output_context *c);
void output_github(struct buf *out, const struct report *r, const struct output_context *c);
void output_gitlab(struct buf *out, const struct report *r, const struct output_context *c);
void output_junit(struct buf *out, const struct report *r, const struct output_context *c);
void output_memcheck(struct buf *out, const struct report *r, const struct output_context *c);
void output_markdown(struct buf *out, const struct report *r, const struct output_context *c);

/* What renderers share. */

/* The stacks, the cycle and the fingerprint, a line each. */
void output_put_details(struct buf *out, const struct finding *f, const struct output_context *c);
void output_put_xml(struct buf *out, const char *text);
/* The same of a text that was put together, and may go on. */
void output_put_xml_buf(struct buf *out, struct buf *text);

#endif
