# What the shim maps is in no core dump: what of its memory a program with two threads would dump is about what it is alone.
program dumped '#include <pthread.h>
#include <string.h>
static volatile int ready;
static void *rest(void *unused) { free(malloc(24)); ready = 1; pause(); return unused; }
int main(void) { pthread_t t; char line[512]; long size = 0, sum = 0; FILE *f;
	free(malloc(24)); pthread_create(&t, NULL, rest, NULL); while (!ready) usleep(1000); f = fopen("/proc/self/smaps", "r");
	while (fgets(line, sizeof line, f)) { sscanf(line, "Size: %ld", &size); if (!strncmp(line, "VmFlags:", 8) && strstr(line, " wr ") && !strstr(line, " dd")) sum += size; }
	return printf("%ld\n", sum) < 0; }' -pthread
native=$(./dumped)
exits 0 "$LG" check -- ./dumped
[ $(($(cat out) - native)) -lt 2048 ] || fails "$(($(cat out) - native)) KiB more than alone"
