/* demo.c: the leaks that people write: a parent and its children that refer to each other, and a string whose only
 * pointer is overwritten. What `make demo` shows. */
// expect: cycle=3/96 direct=2/18 indirect=0/0 possible=0/0 reachable=1/32
// site: cycle person_new @person
// site: direct greeting @text
#include "victim.h"

#include <stdio.h>

struct person {
	const char *name;
	struct person *parent;
	struct person *child[2];
};

static struct person *volatile registry; /* still points at somebody when the program ends */

NOINLINE static struct person *person_new(const char *name, struct person *parent)
{
	struct person *p = calloc(1, sizeof *p); /* @person */

	p->name = name;
	p->parent = parent;
	return p;
}

/* Children hold their parent as their parent holds them: nobody is left who could free any of the three. */
NOINLINE static void plant_family(void)
{
	struct person *ada = person_new("Ada", NULL);

	ada->child[0] = person_new("Byron", ada);
	ada->child[1] = person_new("Annabella", ada);
	escape(ada);
}

NOINLINE static char *greeting(const char *name)
{
	char *text = malloc(9); /* @text */

	snprintf(text, 9, "Hi %s", name);
	return text;
}

NOINLINE static void plant_greetings(void)
{
	char *volatile text = greeting("Ada");

	text = greeting("Eve"); /* the first is lost here, the second when this function returns */
	escape(text);
}

int main(void)
{
	registry = person_new("Grace", NULL);
	plant_family();
	plant_greetings();
	return 0;
}
