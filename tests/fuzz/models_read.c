/* models_read.c: traces of real programs with anything at all in their memory: all models and passes look at it, stay in
 * bounds, come to an end, and every block has one class.
 *
 * The traces are those in LG_FUZZ_TRACES (build/fuzz/traces), which tests/fuzz/make-traces makes; an input says which, and
 * which words are overwritten with what. They are loaded once. Of a large heap a few blocks of each type are looked at, and
 * some of what they refer to; of the others there is only the memory that those can see. */
#include "seeds.h"
#include "heap/build.h"
#include "heap/pools.h"
#include "models/models.h"
#include "passes/breaks.h"
#include "passes/counts.h"
#include "passes/passes.h"

#include <string.h>

#define SEEDS_MAX 16
#define BLOCKS_ASKED 3000u
#define BLOCKS_ALL 32u /* a heap with no more of them is left whole */
#define BLOCKS_MOST 160u
#define BLOCKS_OF_TYPE 2u

struct change { /* eight bytes of the input */
	uint8_t how, where;
	uint16_t word;
	uint32_t place;
};

struct seed {
	struct trace trace;
	struct heap heap;
	struct names *names; /* of files, which do not change: what was found stays found */
	uint64_t nwords; /* of the snapshot's memory */
	uint64_t kept[BLOCKS_MOST]; /* ascending: the addresses of the blocks that are looked at */
	uint32_t nkept; /* 0: all are */
};

static struct seed seeds[SEEDS_MAX];
static int nseeds;

static char declared_text[] =
    "type struct node\ncount refs\nweak parent\nfrom node_new\ncount 8 4\nowns 16\n";

/* ---- the traces ---------------------------------------------------------------------------------------- */

static bool has_room(struct map *seen, const char *type)
{
	uint64_t key = map_pointer_key(type), n = (uintptr_t)map_get(seen, key);

	map_put(seen, key, (void *)(uintptr_t)(n + 1));
	return n < BLOCKS_OF_TYPE;
}

static void choose(struct models *m, const struct graph *g, bool *is_kept)
{
	struct map seen = { 0 };
	uint32_t n = 0, nblocks = g->heap->nblocks;

	for (uint32_t i = 0; i < nblocks && n < BLOCKS_MOST; i++)
		n += is_kept[i] = has_room(&seen, models_type(m, i));
	for (uint32_t i = 0; i < nblocks; i++)
		for (uint64_t e = g->first[i]; is_kept[i] && e < g->first[i + 1] && n < BLOCKS_MOST; e++) {
			n += !is_kept[g->refs[e].to];
			is_kept[g->refs[e].to] = true;
		}
	map_free(&seen);
}

/* Only blocks that are kept stay. */
static void leave_few(struct heap *h, const struct seed *s)
{
	uint32_t n = 0;

	for (uint32_t i = 0, k = 0; i < h->nblocks; i++) {
		while (k < s->nkept && s->kept[k] < h->blocks[i].addr)
			k++;
		if (k < s->nkept && s->kept[k] == h->blocks[i].addr)
			h->blocks[n++] = h->blocks[i];
	}
	h->nblocks = s->nkept ? n : h->nblocks;
}

static uint64_t *held_word(const struct seed *s, uint64_t addr)
{
	const struct trace_memory *m = s->heap.snapshot->memory;

	for (size_t i = 0; i < s->heap.snapshot->nmemory; i++)
		if (addr - m[i].start < m[i].bytes)
			return (uint64_t *)(uintptr_t)&m[i].words[(addr - m[i].start) / 8];
	return NULL;
}

/* What blocks refer to is seen, too. */
static void see_further(const struct graph *g, bool *is_seen)
{
	bool *nearer = malloc(g->heap->nblocks);

	claim(nearer && memcpy(nearer, is_seen, g->heap->nblocks));
	for (uint32_t i = 0; i < g->heap->nblocks; i++)
		for (uint64_t e = g->first[i]; nearer[i] && e < g->first[i + 1]; e++)
			is_seen[g->refs[e].to] = true;
	free(nearer);
}

/* What nobody sees costs time only. */
static void clear_unseen(const struct seed *s, const struct graph *g, bool *is_seen)
{
	see_further(g, is_seen);
	see_further(g, is_seen);
	for (uint32_t i = 0; i < g->heap->nblocks; i++)
		for (uint64_t at = 0; !is_seen[i] && at < g->heap->blocks[i].size; at += 8) {
			uint64_t *word = held_word(s, (g->heap->blocks[i].addr & ~7ull) + at);

			if (word)
				*word = 0;
		}
}

static void keep_few(struct seed *s, const struct heap *h)
{
	bool *is_kept = calloc(h->nblocks + 1, 1);
	struct graph g;
	struct models m;
	struct err err;

	claim(is_kept && !graph_build(&g, h, &err) && !models_apply(&m, &g, s->names, NULL, &err));
	choose(&m, &g, is_kept);
	for (uint32_t i = 0; i < h->nblocks; i++)
		if (is_kept[i])
			s->kept[s->nkept++] = h->blocks[i].addr;
	clear_unseen(s, &g, is_kept);
	models_close(&m);
	graph_free(&g);
	free(is_kept);
}

static const struct trace_snapshot *last_snapshot(const struct trace *t)
{
	claim(t->nsnapshots > 0);
	return &t->snapshots[t->nsnapshots - 1];
}

static struct block *copy_blocks(const struct heap *h)
{
	struct block *copy = malloc((h->nblocks + 1) * sizeof *copy);

	claim(copy != NULL);
	return memcpy(copy, h->blocks, h->nblocks * sizeof *copy);
}

static void open_seed(int number, const char *path)
{
	const struct names_options options = { .no_debuginfod = true };
	struct seed *s = &seeds[number];
	struct err err = { "" };

	claim(!trace_open(&s->trace, path, &err) && !names_open(&s->names, &s->trace, &options, &err));
	claim(!heap_build(&s->heap, &s->trace, last_snapshot(&s->trace), &err));
	for (size_t i = 0; i < s->heap.snapshot->nmemory; i++)
		s->nwords += s->heap.snapshot->memory[i].bytes / 8;
	claim(s->heap.nblocks && s->nwords);
	struct heap whole = s->heap;
	whole.blocks = copy_blocks(&s->heap);
	claim(!heap_add_pools(&whole));
	if (whole.nblocks > BLOCKS_ALL) {
		keep_few(s, &whole);
		leave_few(&s->heap, s);
	}
	free(whole.blocks);
	free(whole.pools);
}

/* ---- changes ------------------------------------------------------------------------------------------- */

/* The snapshot's words are this program's own memory. */
static uint64_t *word_at(struct seed *s, uint64_t n, uint64_t *addr)
{
	const struct trace_memory *m = s->heap.snapshot->memory;

	for (; n >= m->bytes / 8; m++)
		n -= m->bytes / 8;
	*addr = m->start + 8 * n;
	return (uint64_t *)(uintptr_t)&m->words[n];
}

/* The word that a change means: any, or one of a block's first. */
static uint64_t *changed(struct seed *s, const struct change *c, uint64_t *addr)
{
	const struct block *b = &s->heap.blocks[c->place % s->heap.nblocks];

	*addr = (b->addr & ~7ull) + 8 * (c->word % 16);
	uint64_t *word = c->where & 1 ? held_word(s, *addr) : NULL;
	if (word)
		return word;
	return word_at(s, ((uint64_t)c->place << 16 | c->word) % s->nwords, addr);
}

static uint64_t new_value(struct seed *s, const struct change *c, uint64_t addr, uint64_t old)
{
	const struct block *b = &s->heap.blocks[(c->place * 31u + c->word) % s->heap.nblocks];
	uint64_t other;

	switch (c->how % 8) {
	case 0:
		return addr - 8 * (c->where >> 5); /* a type whose type is itself, a link to itself */
	case 1:
		return b->addr;
	case 2:
		return b->addr + 16 * (c->where >> 5);
	case 3:
		return *word_at(s, c->place * 0x9e3779b97f4a7c15u % s->nwords, &other);
	case 4:
		return c->word >> (c->where >> 4);
	case 5:
		return old ^ (uint64_t)c->word << (c->where & 56);
	case 6:
		return (c->place + 1) * 0x9e3779b97f4a7c15u;
	default:
		return old + c->word - 0x8000;
	}
}

/* ---- everything that looks at it ----------------------------------------------------------------------- */

static void ask_word(struct models *m, const struct graph *g, uint32_t block, struct ref r)
{
	uint64_t offset = ref_offset(r), at = g->heap->blocks[block].addr + offset;
	char text[64];

	models_field(m, block, offset, text, sizeof text);
	models_global(m, block, offset, text, sizeof text);
	models_is_inner(m, block, offset);
	models_is_fixed(m, block, offset);
	models_may_be_weak(m, block, at, r.to);
	models_owns_surely(m, r.to, block, at);
}

static void ask_block(struct models *m, const struct graph *g, uint32_t block)
{
	struct object o;

	models_type(m, block);
	models_who(m, block);
	models_object(m, block, &o);
	models_generation(m, block);
	models_takes_weak(m, block);
	models_part(m, block);
	for (uint64_t e = g->first[block]; e < g->first[block + 1]; e++)
		ask_word(m, g, block, g->refs[e]);
}

static void ask(struct models *m, const struct graph *g)
{
	const char *notes[MODELS_MAX];
	struct root_words words;

	for (uint32_t i = 0; i < g->heap->nblocks && i < BLOCKS_ASKED; i++)
		ask_block(m, g, i);
	for (uint64_t i = 0; i < g->nroot_refs && i < BLOCKS_ASKED; i++)
		models_root(m, &g->root_refs[i], &words);
	models_notes(m, notes);
}

static void judge(const struct heap *h, struct models *m, struct graph *g, struct err *err)
{
	struct count_set counts;
	struct classes classes;
	struct leak_set leaks;
	uint64_t blocks = 0;

	claim(!counts_find(&counts, m, g, err) && !classify(&classes, g, err) &&
	      !fold_leaks(&leaks, &classes, err) && !breaks_propose(&leaks, &classes, m));
	for (int i = 0; i < LEAK_CLASSES; i++)
		blocks += classes.sums[i].blocks;
	claim(blocks == h->nblocks);
	ask(m, g);
	leak_set_free(&leaks);
	classes_free(&classes);
	counts_free(&counts);
}

static void look_at(struct seed *s)
{
	struct heap h = s->heap;
	struct declarations declared = { 0 };
	struct graph g;
	struct models m;
	struct err err = { "" };
	char text[sizeof declared_text];

	memcpy(text, declared_text, sizeof text);
	h.blocks = copy_blocks(&s->heap);
	claim(!declarations_add(&declared, "fuzz.model", text, &err));
	claim(!heap_add_pools(&h));
	leave_few(&h, s);
	claim(!graph_build(&g, &h, &err) && graph_is_valid(&g));
	claim(!models_apply(&m, &g, s->names, &declared, &err));
	judge(&h, &m, &g, &err);
	models_close(&m);
	graph_free(&g);
	declarations_free(&declared);
	free(h.blocks);
	free(h.pools);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	size_t nchanges = n ? (n - 1) / sizeof(struct change) : 0;
	struct undo {
		uint64_t *at, value;
	} *undo = calloc(nchanges + 1, sizeof *undo);

	if (!nseeds)
		nseeds = seeds_open(".lgt", SEEDS_MAX, open_seed);
	struct seed *s = &seeds[n ? bytes[0] % nseeds : 0];
	claim(undo != NULL);
	for (size_t i = 0; i < nchanges; i++) {
		struct change c;
		uint64_t addr;

		memcpy(&c, bytes + 1 + i * sizeof c, sizeof c);
		undo[i].at = changed(s, &c, &addr);
		undo[i].value = *undo[i].at;
		*undo[i].at = new_value(s, &c, addr, undo[i].value);
	}
	look_at(s);
	for (size_t i = nchanges; i-- > 0;)
		*undo[i].at = undo[i].value;
	free(undo);
	return 0;
}
