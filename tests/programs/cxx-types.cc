/* cxx-types.cc: two polymorphic classes: a global keeps three nodes in a chain, another an array;
 * two more nodes hold each other and are lost. */
namespace app
{
struct Shape {
	virtual ~Shape() {}
	char bytes[100];
};
struct Node {
	virtual ~Node() {}
	Node *next = nullptr;
	Shape *shape = nullptr;
};
} // namespace app

app::Node *kept;
app::Shape *counted;

__attribute__((noinline)) static app::Node *chain(int n)
{
	app::Node *first = nullptr;

	while (n--) {
		app::Node *node = new app::Node;
		node->next = first;
		node->shape = new app::Shape;
		first = node;
	}
	return first;
}

int main()
{
	kept = chain(3);
	counted = new app::Shape[3];
	app::Node *lost = chain(2);
	lost->next->next = lost;
	return 0;
}
