/* client.c: what a program tells and asks by leakgraph/leakgraph.h.
 *
 * Signal handlers may call it, in the middle of anything. */
#include "shim.h"

#include "leakgraph/leakgraph.h"

#define SAME(name)                                                                                           \
	_Static_assert((int)LEAKGRAPH_TOLD_##name == (int)LG_TOLD_##name, "the header says the same")
SAME(IGNORE);
SAME(ROOT);
SAME(NO_ROOT);
SAME(WEAK);
SAME(NO_WEAK);
SAME(TYPE);
SAME(POOL);
SAME(NO_POOL);
SAME(NO_MEMBER);

static bool is_same(const char *kept, const char *name)
{
	size_t i = 0;

	while (i < LG_NAME_BYTES - 1 && name[i] && kept[i] == name[i])
		i++;
	return i == LG_NAME_BYTES - 1 || kept[i] == name[i];
}

static void keep(char *to, const char *name)
{
	for (size_t i = 0; i < LG_NAME_BYTES - 1 && name[i]; i++)
		to[i] = name[i];
}

/* A name that another thread is just putting down is not waited for: then it may stand there twice. */
static uint32_t name_number(const char *name)
{
	uint32_t first = gnu_hash(name);

	for (uint32_t i = 0; i < LG_NAMES; i++) {
		uint32_t number = (first + i) % LG_NAMES, state = LG_NAME_FREE;
		struct lg_name *place = &shim.area->names[number];

		if (atomic_compare_exchange_strong(&place->state, &state, LG_NAME_CLAIMED)) {
			keep(place->text, name);
			atomic_store(&place->state, LG_NAME_READY);
			return number;
		}
		if (state == LG_NAME_READY && is_same(place->text, name))
			return number;
	}
	return LG_NO_NAME;
}

static int client_enabled(void)
{
	return shim.epoch && thread_ready();
}

static void client_mark(const char *name)
{
	if (client_enabled())
		emit_mark(name_number(name ? name : ""));
}

static void client_snapshot(void)
{
	if (client_enabled())
		demand_snapshot(LG_REQ_SNAPSHOT_NOW);
}

void tell(enum lg_told what, const void *p, size_t bytes, uint32_t name)
{
	if (client_enabled())
		emit_told(what, p, bytes, name);
}

static void client_tell(int what, void *p, unsigned long bytes, const char *name)
{
	if (client_enabled())
		emit_told((enum lg_told)what, p, bytes, name ? name_number(name) : LG_NO_NAME);
}

static void client_pause(int all)
{
	if (!client_enabled())
		return;
	if (all)
		atomic_fetch_add(&shim.area->paused, 1);
	else
		self.paused++;
}

/* More than there were pauses are ignored. */
static void client_resume(int all)
{
	uint32_t paused;

	if (!client_enabled())
		return;
	if (!all) {
		self.paused -= self.paused != 0;
		return;
	}
	paused = atomic_load(&shim.area->paused);
	while (paused & LG_PAUSES && !atomic_compare_exchange_weak(&shim.area->paused, &paused, paused - 1))
		;
}

static void client_pool_alloc(void *p, unsigned long bytes)
{
	if (client_enabled())
		emit_member(p, bytes, HOOK_FRAME);
}

static int client_watch(void *p, void (*callback)(void *, void *), void *context)
{
	if (!client_enabled() || !p || !callback || !watch_begin(p, callback, context))
		return 0;
	emit_told(LG_TOLD_WATCH, p, 0, LG_NO_NAME);
	return 1;
}

static void client_unwatch(void *p)
{
	if (p)
		watch_take(p);
}

static int client_check(unsigned long long *blocks, unsigned long long *bytes)
{
	uint64_t lost_blocks, lost_bytes;

	if (!client_enabled() || !ask_verdict(&lost_blocks, &lost_bytes))
		return 0;
	*blocks = lost_blocks;
	*bytes = lost_bytes;
	return 1;
}

__attribute__((visibility("default"))) extern const struct leakgraph_client leakgraph_client_v1;
const struct leakgraph_client leakgraph_client_v1 = { sizeof leakgraph_client_v1,
						      client_enabled,
						      client_mark,
						      client_snapshot,
						      client_tell,
						      client_pause,
						      client_resume,
						      client_check,
						      client_pool_alloc,
						      client_watch,
						      client_unwatch };
