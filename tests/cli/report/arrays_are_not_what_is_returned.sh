# An array that a function makes on its way is of the type of what takes it, also where the function returns a pointer to something
# else of just that size.
cat >app.c <<'C'
#include <stdlib.h>
#include <unistd.h>
struct item { long n; void *type; };
struct bag { long count; struct item **slots; long *indices; long n; };
struct bag *kept;
struct item one;
__attribute__((noinline)) struct item *add(struct bag *b, struct item *item)
{
	b->slots = realloc(b->slots, (b->n + 1) * sizeof *b->slots);
	b->slots[b->n++] = item;
	return &one;
}
__attribute__((noinline)) struct item *count(struct bag *b, long n)
{
	long *indices = malloc(n * sizeof *indices);
	for (long i = 0; indices && i < n; i++) indices[i] = i;
	b->indices = indices;
	return &one;
}
__attribute__((noinline)) struct item *make(void) { struct item *item = malloc(sizeof *item); if (item) item->n = 1; return item; }
int main(void) { kept = calloc(1, sizeof *kept); add(kept, make()); add(kept, make()); count(kept, 2); _exit(0); }
C
for level in -O0 -O1 -O2; do
	gcc -g $level -o app app.c
	exits 0 "$LG" run -q -o "t$level.lgt" -- ./app
	"$LG" types --json "t$level.lgt" >types.json
	types=$(json types.json '[.types[] | "\(.type) \(.blocks)"] | sort | join(", ")')
	[ "$types" = 'long[] 1, struct bag 1, struct item *[] 1, struct item 2' ] || fails "$level: $types"
done
