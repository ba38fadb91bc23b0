// An allocator of the program's own tells of its pools: one in a block behind a header, one in mapped memory, one that fills
// its block, and one that is destroyed. What a lost_... function takes out of them is lost, what a kept_... function takes
// is not.
#include "leakgraph/leakgraph.h"
#include "victim.h"

#include <stdio.h>
#include <sys/mman.h>

struct arena {
	char *memory;
	size_t used, room;
};

struct item {
	struct item *next;
	char text[24];
};

struct arena *behind_header, mapped, filling, destroyed;
struct item *first;
void *gap;

NOINLINE static struct item *take(struct arena *a)
{
	struct item *i = (struct item *)(a->memory + a->used);

	a->used += sizeof *i;
	LEAKGRAPH_POOL_ALLOC(i, sizeof *i);
	i->next = NULL;
	return i;
}

NOINLINE static void open_arenas(void)
{
	behind_header = (struct arena *)calloc(1, sizeof *behind_header + 4096);
	behind_header->memory = (char *)(behind_header + 1);
	LEAKGRAPH_POOL_CREATE(behind_header->memory, 4096);
	mapped.memory = (char *)mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	LEAKGRAPH_POOL_CREATE(mapped.memory, 65536);
	filling.memory = (char *)calloc(1, 1000);
	LEAKGRAPH_POOL_CREATE(filling.memory, 1000);
	destroyed.memory = (char *)calloc(1, 2000);
	LEAKGRAPH_POOL_CREATE(destroyed.memory, 2000);
}

NOINLINE static void kept_list(void)
{
	first = take(behind_header);
	first->next = take(&mapped);
	first->next->next = take(&filling);
	first->next->next->next = (struct item *)malloc(41);
}

NOINLINE static void lost_in_block(void)
{
	take(behind_header);
}

NOINLINE static void lost_in_mapping(void)
{
	struct item *i = take(&mapped);

	i->next = take(&mapped);
	i->next->next = i;
}

NOINLINE static void lost_with_what_it_holds(void)
{
	take(&filling)->next = (struct item *)malloc(42);
}

/* Words of what was given back hold nothing. */
NOINLINE static void lost_by_what_was_freed(void)
{
	struct item *i = take(behind_header);

	i->next = (struct item *)malloc(43);
	LEAKGRAPH_POOL_FREE(i);
}

NOINLINE static void gone_with_its_pool(void)
{
	for (int i = 0; i < 10; i++)
		take(&destroyed);
	LEAKGRAPH_POOL_DESTROY(destroyed.memory, 2000);
}

/* The block that a pool lay in is gone, and nobody said so of the pool. */
NOINLINE static void gone_with_its_block(void)
{
	struct arena a = { (char *)malloc(3000), 0, 3000 };

	LEAKGRAPH_POOL_CREATE(a.memory, 3000);
	take(&a);
	free(a.memory);
}

int main(void)
{
	open_arenas();
	kept_list();
	LEAKGRAPH_MARK("kept");
	lost_in_block();
	lost_in_mapping();
	lost_with_what_it_holds();
	lost_by_what_was_freed();
	gone_with_its_pool();
	gone_with_its_block();
	printf("done\n");
	return 0;
}
