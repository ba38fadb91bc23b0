/* client.c: what a program tells by leakgraph/leakgraph.h: marks, and that it wants a snapshot now.
 *
 * Signal handlers may call it, in the middle of anything. */
#include "shim.h"

#include "leakgraph/leakgraph.h"

static bool is_same(const char *kept, const char *name)
{
	size_t i = 0;

	while (i < LG_MARK_BYTES - 1 && name[i] && kept[i] == name[i])
		i++;
	return i == LG_MARK_BYTES - 1 || kept[i] == name[i];
}

static void keep(char *to, const char *name)
{
	for (size_t i = 0; i < LG_MARK_BYTES - 1 && name[i]; i++)
		to[i] = name[i];
}

/* A name that another thread is just putting down is not waited for: then it may stand there twice. LG_MARKS: there is
 * no room for it. */
static uint32_t mark_number(const char *name)
{
	for (uint32_t i = 0; i < LG_MARKS; i++) {
		struct lg_mark *mark = &shim.area->marks[i];
		uint32_t state = LG_MARK_FREE;

		if (atomic_compare_exchange_strong(&mark->state, &state, LG_MARK_CLAIMED)) {
			keep(mark->name, name);
			atomic_store(&mark->state, LG_MARK_READY);
			return i;
		}
		if (state == LG_MARK_READY && is_same(mark->name, name))
			return i;
	}
	return LG_MARKS;
}

static int client_enabled(void)
{
	return shim.epoch && thread_ready();
}

static void client_mark(const char *name)
{
	if (client_enabled())
		emit_mark(mark_number(name ? name : ""));
}

static void client_snapshot(void)
{
	if (client_enabled())
		demand_snapshot();
}

__attribute__((visibility("default"))) extern const struct leakgraph_client leakgraph_client_v1;
const struct leakgraph_client leakgraph_client_v1 = { sizeof leakgraph_client_v1, client_enabled, client_mark,
						      client_snapshot };
