# Where no line tells which of a function's calls it was, the place in its module does: of the instruction behind the call.
cat >app.c <<'C'
#include <stdlib.h>
void *volatile p;
int main(void)
{
	p = malloc(5);
	p = malloc(6);
	p = NULL;
	return 0;
}
C
gcc -g -o lines app.c && strip -g -o app lines || fails 'no program'
"$LG" run -o t.lgt -- ./app 2>/dev/null
exits 0 "$LG" report t.lgt
offsets=$(sed -n 's/^ *main  *app+\(0x[0-9a-f]*\)$/\1/p' out)
[ "$(for at in $offsets; do addr2line -s -e lines "$(printf '%x' $((at - 1)))"; done | sort)" = "app.c:5
app.c:6" ] || fails "$(cat out)"
