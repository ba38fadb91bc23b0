/* registry.c: a global keeps 3000 entries and their texts, another 10 big blocks. Nothing is lost. */
#include <stdlib.h>
#include <string.h>

struct entry {
	struct entry *next;
	char *text;
};
struct registry {
	unsigned n;
	struct entry *head;
} session_registry;
void *page_cache[10];

__attribute__((noinline)) void add_entry(const char *text)
{
	struct entry *e = malloc(sizeof *e);

	e->next = session_registry.head;
	e->text = strdup(text);
	session_registry.head = e;
	session_registry.n++;
}

int main(void)
{
	for (int i = 0; i < 3000; i++)
		add_entry("what is kept for this session");
	for (int i = 0; i < 10; i++)
		page_cache[i] = malloc(8192);
	return session_registry.n != 3000;
}
