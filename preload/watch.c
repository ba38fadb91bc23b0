/* watch.c: callbacks of the program for blocks that it watches: each is called once: before the block is freed, while its
 * memory is still as it was, or after a realloc has moved it.
 *
 * A table of fixed size without locks. A place is claimed by its address; what else it holds is written before the address
 * shows, and read before the address is taken away. */
#include "shim.h"

#include <errno.h>

#define WATCHES 4096u /* a power of two */
#define PROBES 64u

enum { NEVER = 0, VACANT = 1, CLAIMED = 2 }; /* no block begins there */

struct watch {
	_Atomic uintptr_t addr; /* or one of the above */
	watch_callback *callback;
	void *context;
};

LARGE static struct watch watches[WATCHES];
_Atomic uint32_t nwatches;

static struct watch *place(uintptr_t addr, uint32_t i)
{
	return &watches[((uint32_t)(addr / 16 * 0x9e3779b1u) + i) % WATCHES];
}

static bool claim(struct watch *w)
{
	uintptr_t never = NEVER, vacant = VACANT;

	return atomic_compare_exchange_strong(&w->addr, &never, CLAIMED) ||
	       atomic_compare_exchange_strong(&w->addr, &vacant, CLAIMED);
}

bool watch_begin(void *p, watch_callback *callback, void *context)
{
	for (uint32_t i = 0; i < PROBES; i++) {
		struct watch *w = place((uintptr_t)p, i);

		if (!claim(w))
			continue;
		w->callback = callback;
		w->context = context;
		atomic_fetch_add(&nwatches, 1);
		atomic_store(&w->addr, (uintptr_t)p);
		return true;
	}
	return false;
}

struct watched watch_take(const void *p)
{
	for (uint32_t i = 0; i < PROBES; i++) {
		struct watch *w = place((uintptr_t)p, i);
		uintptr_t addr = atomic_load(&w->addr);
		struct watched taken = { w->callback, w->context };

		if (addr == NEVER)
			break;
		if (addr == (uintptr_t)p && atomic_compare_exchange_strong(&w->addr, &addr, VACANT)) {
			atomic_fetch_sub(&nwatches, 1);
			return taken;
		}
	}
	return (struct watched){ NULL, NULL };
}

void watch_end(void *p)
{
	struct watched w;
	int error = errno;

	while ((w = watch_take(p)).callback)
		w.callback(p, w.context);
	errno = error;
}
