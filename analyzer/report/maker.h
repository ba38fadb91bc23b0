/* maker.h: the parts of making one process's model; see model.h. */
#ifndef LG_REPORT_MAKER_H
#define LG_REPORT_MAKER_H

#include "report/model.h"

/* What making a process's findings needs at every step. */
struct maker {
	struct analysis *a;
	struct stack_book *book;
	struct pool *pool;
};

/* NULL: no memory */
static inline const struct report_stack *maker_stack(struct maker *m, uint32_t block)
{
	return stack_book_block(m->book, &m->a->heap.blocks[graph_place(&m->a->graph, block)]);
}

/* In the pool; NULL: unknown. */
static inline const char *maker_type(struct maker *m, uint32_t block)
{
	return pool_text(m->pool, models_type(&m->a->models, block));
}

/* Each fills its list of the process. -1: no memory. */
int make_leaks(struct report_process *p, struct maker *m);
/* Unjudged: all live blocks by place. Judged: the reachable ones. */
int make_places(struct report_process *p, struct maker *m, bool all);
int make_errors(struct report_process *p, struct maker *m);

#endif
