# Of a program that allocates nothing no memory is read, and it is judged, however it ends; so are its children that
# allocate. One that has a heap all the same is not passed over.
program bare 'int main(int n, char **v) { (void)v; if (fork()) for (;;) n > 1 ? abort() : _exit(0); *(char *volatile *)malloc(72) = 0; return 0; }'
cat >lone.c <<'END'
#include <signal.h>
int main(int n, char **v) { (void)v; return n > 1 ? raise(SIGKILL) : 0; }
END
gcc -o lone lone.c
program heaped 'int main(void) { return sbrk(4096) == (void *)-1; }'
for ptrace in --on-full=wait --no-ptrace; do
	exits 0 "$LG" check $ptrace --json=r.json -o t.lgt -- ./lone
	exits 137 "$LG" run $ptrace -q -o k.lgt -- ./lone killed
	"$LG" report --json k.lgt >k.json
	[ "$(cat r.json k.json | jq -r '.processes[0].verdict' | sort -u)" = complete ] || fails "$ptrace: the verdict is not complete"
	"$LG" dump t.lgt | grep '^snapshot' | grep -q ' whole=yes bytes_read=0 bytes_unread=0 ' || fails "$ptrace: it has no snapshot, or one with memory"
	[ "$(json r.json '.processes[0].totals.threads')" = 1 ] || fails "$ptrace: it has no thread"
	refuses 2 'no live block' "$LG" graph t.lgt
	exits 125 "$LG" check $ptrace -o h.lgt -- ./heaped
	exits 23 "$LG" check $ptrace --json=r.json -o b.lgt -- ./bare
	[ "$(jq -c '[.processes[].summary.direct.bytes] | sort' r.json)" = '[0,72]' ] || fails "$ptrace: the child's leak is not told"
	[ "$(jq -r '.processes[].verdict' r.json | sort -u)" = complete ] || fails "$ptrace: a verdict is not complete"
	rm -r ./*.lgt*
done
