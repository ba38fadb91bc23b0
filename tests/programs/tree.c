/* tree.c: a binary tree of 15 nodes whose root is dropped: one direct leak, 14 behind it. */
// expect: direct=1/32 cycle=0/0 indirect=14/448 possible=0/0 reachable=0/0
// site: direct grow @node
#include "victim.h"

struct tree {
	struct tree *left, *right;
	uint64_t payload[2];
};

NOINLINE static struct tree *grow(int depth)
{
	struct tree *t = calloc(1, sizeof *t); /* @node */

	if (depth > 1) {
		t->left = grow(depth - 1);
		t->right = grow(depth - 1);
	}
	escape(t);
	return t;
}

int main(void)
{
	escape(grow(4));
	return 0;
}
