/* held-by-names.c: each block is held by a variable that the source names, in another kind of place. It prints
 * "ADDRESS EXPRESSION", what holds each. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct session {
	struct session *next;
	union {
		char *payload;
		long number;
	};
};

static struct {
	int n;
	struct session *head;
} session_registry;
static struct session *table[4];
static __thread struct {
	int id;
	struct session *request;
} current;

static void *tell(void *block, const char *expression)
{
	printf("%p %s\n", block, expression);
	return block;
}

static struct session *session(void)
{
	return calloc(1, sizeof(struct session));
}

__attribute__((noinline)) static void lookup(void)
{
	static struct session *cache;

	cache = tell(session(), "cache");
	__asm__ volatile("" : : "r"(cache) : "memory");
}

/* A local on the stack, its address taken, while the frame waits in a call. */
__attribute__((noinline)) static void handle(void (*wait)(void))
{
	struct session *conn = session(), **anywhere = &conn;

	tell(conn, "conn");
	__asm__ volatile("" : : "r"(anywhere) : "memory");
	wait();
	__asm__ volatile("" : : "r"(anywhere) : "memory");
}

/* A local that optimisation keeps in a register that calls preserve. */
__attribute__((noinline)) static void keep(void (*wait)(void))
{
	struct session *kept = session();

	tell(kept, "kept");
	wait();
	__asm__ volatile("" : : "r"(kept) : "memory");
}

static void leave(void)
{
	fflush(stdout);
	exit(0);
}

static void (*volatile leave_later)(void) = leave; /* as far as the compiler knows it comes back */

static void keep_and_leave(void)
{
	keep(leave_later);
}

static pthread_barrier_t ready;

static void wait_for_ever(void)
{
	pthread_barrier_wait(&ready);
	for (;;)
		pause();
}

static void *work(void *unused)
{
	current.request = tell(session(), "current.request");
	handle(wait_for_ever);
	return unused;
}

__attribute__((noinline)) static void plant(void)
{
	session_registry.head = tell(session(), "session_registry.head");
	session_registry.head->next = tell(session(), "session_registry.head->next");
	session_registry.head->next->payload = tell(malloc(100), "session_registry.head->next->payload");
	table[3] = tell(session(), "table[3]");
	__asm__ volatile("" : : "r"(&session_registry), "r"(table) : "memory");
}

int main(void)
{
	pthread_t thread;

	plant();
	lookup();
	pthread_barrier_init(&ready, NULL, 2);
	pthread_create(&thread, NULL, work, NULL);
	pthread_barrier_wait(&ready);
	handle(keep_and_leave);
}
