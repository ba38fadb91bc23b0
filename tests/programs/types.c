/* types.c: blocks of known types, allocated in the ways that C programs have. Each is told as "ADDRESS TYPE". All
 * are wiped at the end, and most are lost, so that only the code that allocated them tells what they are. */
#include <malloc.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOINLINE __attribute__((noinline))
#define NEW(type) ((type *)calloc(1, sizeof(type)))

struct leaf {
	long weight;
	double value[3];
};
struct node {
	struct node *next, *prev;
	struct leaf *left;
	struct {
		struct leaf *inner;
		int depth;
	} deep;
	union {
		struct leaf *leaf;
		long number;
	} either;
	struct leaf *slots[4];
};
struct slot {
	long key;
	void *value;
	int state;
};
struct vector {
	struct slot *items;
	size_t n, room;
	struct node **nodes;
};
struct text {
	size_t length;
	char bytes[];
};
struct old_text {
	size_t length;
	char bytes[1];
};
struct job {
	void (*run)(struct job *);
	int number, more[7];
};
struct pair {
	struct leaf *first;
	struct slot *second;
};
struct tree {
	struct tree *left, *right;
	int key;
};
struct handle {
	int fd;
	char name[52];
};
typedef struct {
	int x, y, z;
} point_t;
struct link {
	struct link *next;
};
struct ops {
	void *(*alloc)(size_t);
};

static volatile int one = 1;
struct leaf *global_leaf;
static struct link *free_list;
struct node *global_table[4];
static unsigned ntold;
static struct {
	unsigned long hidden;
	const char *type;
} told[128];

/* Kept so that no scan takes it for a pointer. */
static NOINLINE void tell(void *block, const char *type)
{
	told[ntold].hidden = ~(unsigned long)block;
	told[ntold++].type = type;
}

static NOINLINE void *xmalloc(size_t size)
{
	void *p = malloc(size);

	if (!p)
		abort();
	return p;
}

static NOINLINE void *xcalloc(size_t n, size_t size)
{
	void *p = xmalloc(n * size);

	return memset(p, 0, n * size);
}

static NOINLINE void *xrealloc(void *p, size_t size)
{
	p = realloc(p, size);
	if (!p)
		abort();
	return p;
}

/* Keeps the size before what it hands out. */
static NOINLINE void *sized_malloc(size_t size)
{
	long *p = malloc(size + sizeof *p);

	if (!p)
		abort();
	*p = (long)size;
	p++;
	return p;
}

static NOINLINE void out_malloc(size_t size, void **out)
{
	void *p = sized_malloc(size);

	memset(p, one, size);
	*out = p;
}

static NOINLINE void *malloc_by_out(size_t size)
{
	void *p;

	out_malloc(size, &p);
	return p;
}

static NOINLINE char *text_new(const char *text)
{
	char *copy = malloc(strlen(text) + 1);

	return strcpy(copy, text);
}

static inline void put_on_list(void *block)
{
	struct link *l = block;

	if (one > 1) {
		l->next = free_list;
		free_list = l;
	}
}

static inline struct leaf *leaf_new(long weight)
{
	struct leaf *l = malloc(sizeof *l);

	if (l)
		l->weight = weight;
	return l;
}

static NOINLINE struct node *node_new(void)
{
	return calloc(1, sizeof(struct node));
}

static NOINLINE struct slot *slots_direct(size_t n)
{
	return malloc(n * sizeof(struct slot));
}

static NOINLINE void node_insert(struct node *after, struct node *n)
{
	n->prev = after;
	after->next = n;
	tell(n, "struct node");
}

static NOINLINE int node_out(struct node **out)
{
	*out = malloc(sizeof **out);
	return *out ? 0 : -1;
}

static NOINLINE struct tree *tree_build(int depth)
{
	struct tree *t = depth ? malloc(sizeof *t) : NULL;

	if (!t)
		return NULL;
	t->key = depth;
	t->left = tree_build(depth - 1);
	t->right = NULL;
	tell(t, "struct tree");
	return t;
}

static NOINLINE void *handle_new(const char *name)
{
	struct handle *h = calloc(1, sizeof *h);

	if (!h)
		return NULL;
	strncpy(h->name, name, sizeof h->name - 1);
	return h;
}

static NOINLINE void start(void (*run)(void *), void *argument)
{
	run(argument);
}

static void run_job(void *argument)
{
	struct job *j = argument;

	j->number = one;
	tell(j, "struct job");
}

static NOINLINE void plant_locals(void)
{
	struct node *n = malloc(sizeof *n);
	struct slot *s = calloc(8, sizeof *s);
	struct leaf *l = leaf_new(3);
	struct text *t = malloc(sizeof *t + 100);
	struct old_text *o = malloc(offsetof(struct old_text, bytes) + 77);
	point_t *p = NEW(point_t);
	double *d = malloc(17 * sizeof *d);
	int *counts = calloc(33, sizeof *counts);
	char *copy = strdup("some words");
	struct node **table = calloc(16, sizeof *table);

	n->next = NULL;
	t->length = 100, o->length = 77, d[0] = 1, p->x = one, counts[1] = one, table[1] = NULL, s->key = one;
	tell(n, "struct node"), tell(s, "struct slot[]"), tell(l, "struct leaf"), tell(t, "struct text");
	tell(o, "struct old_text"), tell(p, "point_t"), tell(d, "double[]"), tell(counts, "int[]");
	tell(copy, "char[]"), tell(table, "struct node *[]");
}

static NOINLINE void plant_members(struct node *n)
{
	n->left = malloc(sizeof *n->left);
	tell(n->left, "struct leaf");
	n->deep.inner = xmalloc(sizeof *n->deep.inner);
	tell(n->deep.inner, "struct leaf");
	n->either.leaf = malloc(sizeof *n->either.leaf);
	tell(n->either.leaf, "struct leaf");
	for (int i = 0; i < 4; i++) {
		n->slots[i] = malloc(sizeof *n->slots[i]);
		tell(n->slots[i], "struct leaf");
	}
	n->next = n->prev = malloc(sizeof *n);
	tell(n->next, "struct node");
	if (!(n->next->left = malloc(sizeof *n->left)))
		return;
	tell(n->next->left, "struct leaf");
	memset(n->next->left, 0, sizeof *n->left);
}

static NOINLINE void plant_globals(void)
{
	static struct slot *cache;

	global_leaf = malloc(sizeof *global_leaf);
	tell(global_leaf, "struct leaf");
	for (int i = 0; i < 4; i++)
		global_table[i] = xcalloc(1, sizeof *global_table[i]);
	tell(global_table[one], "struct node");
	if (!cache)
		cache = malloc(sizeof *cache);
	tell(cache, "struct slot");
	cache->state = one;
}

static NOINLINE void plant_vector(struct vector *v)
{
	v->n = 3, v->room = 9;
	v->items = realloc(v->items, v->room * sizeof *v->items);
	tell(v->items, "struct slot[]");
	v->nodes = xrealloc(v->nodes, v->room * sizeof *v->nodes);
	tell(v->nodes, "struct node *[]");
}

static NOINLINE void plant_calls(void)
{
	struct node head = { 0 }, *out = NULL;
	struct ops ops = { xmalloc };
	struct job *job = ((struct ops *volatile)&ops)->alloc(sizeof *job);

	tell(job, "struct job");
	node_insert(&head, malloc(sizeof(struct node)));
	node_insert(&head, node_new());
	if (!node_out(&out))
		tell(out, "struct node");
	struct slot *s = slots_direct(5);
	tell(s, "struct slot[]");
	tree_build(5);
	struct handle *h = handle_new("name");
	tell(h, "struct handle");
	start(run_job, calloc(1, sizeof(struct job)));
	struct pair *pair = xmalloc(sizeof *pair);
	*pair = (struct pair){ leaf_new(1), xcalloc(1, sizeof(struct slot)) };
	tell(pair, "struct pair"), tell(pair->first, "struct leaf"), tell(pair->second, "struct slot");
}

static NOINLINE struct leaf *checked_leaf(int really)
{
	struct leaf *l = NULL;

	if (really) {
		l = malloc(sizeof *l);
		if (!l)
			goto failed;
		memset(l, 0, sizeof *l);
		l->weight = really;
	}
	return l;
failed:
	fprintf(stderr, "no memory\n");
	return NULL;
}

static NOINLINE void plant_others(void)
{
	void *raw = NULL;
	struct leaf *aligned = aligned_alloc(64, sizeof *aligned), *checked = checked_leaf(one);
	struct handle *first = one ? malloc(sizeof *first) : NULL;
	struct node *list = NULL;

	for (int i = 0; i < 3; i++) {
		struct node *n = xmalloc(sizeof *n);
		n->next = list;
		list = n;
		tell(n, "struct node");
	}
	if (posix_memalign(&raw, 64, sizeof(struct handle)) == 0)
		tell(raw, "struct handle");
	aligned->weight = 1, first->fd = 2;
	tell(aligned, "struct leaf"), tell(checked, "struct leaf"), tell(first, "struct handle");
}

/* Blocks with a header before what they are, and what might be taken for something else. */
static NOINLINE struct pair *plant_wrapped(void)
{
	struct node *n = sized_malloc(sizeof *n);
	struct slot *s = sized_malloc(4 * sizeof *s), *aligned = NULL;
	char *text = sized_malloc(33);
	struct leaf *l = malloc_by_out(sizeof *l);
	char *word = text_new("7 bytes");

	n->next = NULL, s->key = one, text[0] = 'a', l->weight = one;
	tell((long *)n - 1, "struct node"), tell((long *)s - 1, "struct slot[]");
	tell((long *)text - 1, "char[]"), tell((long *)l - 1, "struct leaf");
	if (posix_memalign((void **)&aligned, 64, sizeof *aligned) == 0)
		tell(aligned, "struct slot");
	put_on_list(word);
	tell(word, "char[]");
	return NULL;
}

int main(void)
{
	struct vector v = { 0 };
	struct node *n = NEW(struct node);

	tell(n, "struct node");
	plant_locals();
	plant_members(n);
	plant_globals();
	plant_vector(&v);
	plant_calls();
	plant_others();
	plant_wrapped();
	global_leaf = NULL;
	memset(&v, 0, sizeof v);
	for (unsigned i = 0; i < ntold; i++) {
		printf("0x%lx %s\n", ~told[i].hidden, told[i].type);
		memset((void *)~told[i].hidden, 0, malloc_usable_size((void *)~told[i].hidden));
	}
	return n == NULL;
}
