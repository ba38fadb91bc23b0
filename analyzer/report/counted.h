/* counted.h: what the counts that objects keep say, for the report. */
#ifndef LG_REPORT_COUNTED_H
#define LG_REPORT_COUNTED_H

#include "report/model.h"

/* Fills the leak's count, references and verdict from its heads. -1: no memory. */
int counted_leak(struct report_leak *out, const struct analysis *a, const struct leak *leak,
		 struct pool *pool);
/* Fills p->counts. -1 with err. */
int counted_process(struct report_process *p, struct analysis *a, struct stack_book *book, struct pool *pool,
		    struct err *err);

#endif
