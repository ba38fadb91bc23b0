# What a program frees as it ends does not make growth tell nothing: the answer says how to look at what was before.
program grows '
static void *kept[400];
int main(void)
{
	int n = 0;
	for (int round = 0; round < 4; round++) {
		for (int i = 0; i < 100 && round < 3; i++)
			kept[n++] = malloc(1000);
		getchar();
		puts("grown");
		fflush(stdout);
	}
	while (n)
		free(kept[--n]);
}'
served grows
for _ in 1 2 3; do
	"$LG" snapshot "$pid" >/dev/null 2>snapshot.err || fails "$(cat snapshot.err)"
	[ "$lines" = 3 ] || line
done
line
over 0
"$LG" growth t.lgt >out
grep -q 'nothing grew, but it freed much at its end; --until=3 leaves that out' out || fails "$(cat out)"
"$LG" growth --until=3 t.lgt | grep -q 'main, grows.c' || fails "until 3: $("$LG" growth --until=3 t.lgt)"
