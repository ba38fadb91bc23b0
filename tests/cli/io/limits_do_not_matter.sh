program small 'int main(void) { void *volatile p = malloc(24); (void)p; puts("fine"); return 4; }'
for limit in '-n 16' '-l 64' '-c 0' '-s 512'; do
	# shellcheck disable=SC2086
	(ulimit $limit && exits 4 "$LG" check --json=r.json -- ./small && [ "$(cat out)" = fine ]) || fails "with ulimit $limit"
done
# Without a descriptor to open anything with, a program that is executed fails by its own line alone.
program starve '#include <fcntl.h>
#include <sys/resource.h>
int main(int argc, char **argv) { struct rlimit none = { (rlim_t)argc, (rlim_t)argc }; if (argc == 3) fcntl(0, F_SETFD, FD_CLOEXEC); setrlimit(RLIMIT_NOFILE, &none); free(malloc(24)); execv(argv[1], argv + 1); return 5; }'
for words in '' '-' '- -'; do
	# shellcheck disable=SC2086
	./starve ./small $words >want 2>want.err && status=0 || status=$?
	# shellcheck disable=SC2086
	exits $status "$LG" run -q -o "starve$words.lgt" -- ./starve ./small $words
	diff want.err err || fails "starve $words: other lines of error"
	diff want out || fails "starve $words: other output"
done
