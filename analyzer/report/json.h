/* json.h: the report as leakgraph.report.v1. Fields are only ever added. */
#ifndef LG_REPORT_JSON_H
#define LG_REPORT_JSON_H

#include "base/buf.h"
#include "base/json.h"
#include "report/model.h"

/* Appends one object and a newline; check out->failed. */
void report_json(struct buf *out, const struct report *r);

/* Parts that other documents use: the fields of an open object. */
void json_put_process_facts(struct json *j, const struct report_process *p);
void json_put_verdict(struct json *j, const struct report_process *p); /* the same */
void json_put_notes(struct json *j, const struct report_process *p); /* the same */
void json_put_frame_facts(struct json *j, const struct report_frame *f); /* the same */
/* null for NULL */
void json_put_stack(struct json *j, const char *key, const struct report_stack *s);
/* null for 0 */
void json_put_known(struct json *j, const char *key, uint64_t number);
void json_put_pair(struct json *j, const char *blocks, const char *bytes, struct sum sum); /* two fields */
void json_sum(struct json *j, struct sum sum); /* an object */
void json_put_sum(struct json *j, const char *key, struct sum sum);
void json_put_addresses(struct json *j, const uint64_t *addresses, uint32_t n);
void json_put_leak(struct json *j, const struct report_leak *leak); /* a whole object */

#endif
