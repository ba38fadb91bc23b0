/* refcounted.c: nodes that count their references: a kept one whose count was raised and forgotten, a kept tree, and a
 * lost tree whose children know their parent but do not own it. */
#include <stdlib.h>

struct node {
	unsigned short refs;
	unsigned short depth;
	struct node *first; /* a reference */
	struct node *next; /* a reference */
	struct node *parent; /* none */
};

struct node *kept, *raised;

__attribute__((noinline)) static struct node *node_new(struct node *parent)
{
	struct node *node = calloc(1, sizeof *node);

	node->refs = 1;
	node->parent = parent;
	if (parent) {
		node->depth = (unsigned short)(parent->depth + 1);
		node->next = parent->first;
		parent->first = node;
	}
	return node;
}

static struct node *node_ref(struct node *node)
{
	node->refs++;
	return node;
}

__attribute__((noinline)) static struct node *tree(void)
{
	struct node *root = node_new(NULL);

	for (int i = 0; i < 3; i++)
		node_new(root);
	return root;
}

__attribute__((noinline)) static void lose_tree(void)
{
	tree();
}

int main(void)
{
	kept = tree();
	raised = node_new(NULL);
	node_ref(raised);
	lose_tree();
	return 0;
}
