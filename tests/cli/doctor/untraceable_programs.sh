# Of what cannot be traced doctor, run and check say the same line, which names the cure.
agree() # PATTERN PROGRAM
{
	local line
	exits 125 "$LG" doctor "$2"
	line=$(sed -n 's/^  FAIL  [^ ]* *//p' out)
	grep -Eq "$1" <<<"$line" || fails "no \"$1\" in: $line"
	for command in run check; do
		"$LG" $command -- "$2" >out 2>err && fails "$command runs $2"
		[ "$(cat err)" = "leakgraph: $line" ] || fails "$command says $(cat err), doctor $line"
	done
}
program still 'int main(void) { return 0; }' -static
program plain 'int main(void) { return 0; }' -s -g0
agree 'static.*without -static' ./still
echo 'int f(void) { return puts("f"); }' | gcc -w -include stdio.h -shared -fPIC -o library.so -xc - && agree 'name a program that loads it' ./library.so
printf '.section .note.go.buildid,"a",@note\n.long 4,4,4\n.asciz "Go"\n.byte 0\n.long 0\n' >go.s
gcc -static -o go still.c go.s
agree 'Go program.*pprof' ./go
agree 'no such file; check the path' ./missing
agree 'PATH; check the spelling' no-such-program
mkdir folder && agree 'folder; name a program' ./folder
mkfifo fifo && chmod +x fifo && agree 'a pipe.*; name a program' ./fifo
echo data >data && agree 'chmod \+x ./data' ./data
chmod +x data && agree 'add the line #!/bin/sh' ./data
head -c 500 plain >cut && chmod +x cut && agree 'build or install it again' ./cut
printf '#!/no/such/shell\n' >nobodys && chmod +x nobodys && agree 'correct its first line' ./nobodys
printf '#!%s/loop\n' "$PWD" >loop && chmod +x loop && agree 'without end; correct its first line' ./loop
gcc -fsanitize=address -o sanitized plain.c && agree 'without -fsanitize' ./sanitized
! gcc -m32 -o small plain.c 2>log || agree 'rebuild it with -m64' ./small
! gcc -m32 -static -o small-still plain.c 2>log || agree 'rebuild it with -m64' ./small-still
! musl-gcc -o musl plain.c 2>log || agree 'on a glibc system' ./musl
[ "$(id -u)" != 0 ] || { cp plain other && chown 65534 other && chmod u+s other && agree 'trace a copy: cp ./other' ./other; }

# its own malloc: it runs, and that its blocks are not seen is told at once
program own 'static char room[99999]; static size_t at;
void *malloc(size_t n) { void *p = room + at; at += (n + 15) & ~15UL; return p; } void free(void *p) { (void)p; }
int main(void) { return malloc(10) == NULL; }' -fno-builtin
exits 125 "$LG" doctor ./own
line=$(sed -n 's/^  FAIL  [^ ]* *//p' out)
grep -q "malloc of ./own; link the program with the system's malloc" <<<"$line" || fails "of its own malloc: $line"
exits 0 "$LG" run -o own.lgt -- ./own
grep -qxF "leakgraph: $line" err || fails "run says: $(cat err)"

# what can be traced with less than all
exits 0 "$LG" doctor ./plain
grep -q 'warn.*rebuild with -g' out || fails "no word of missing names"
gcc -o go-and-c plain.c go.s
exits 0 "$LG" doctor ./go-and-c
grep -q 'warn.*what Go allocates' out || fails "no word of Go's heap"
