# A program without privileges that executes a set-user-ID one: ptrace would keep it from being that; it is let go.
[ "$(id -u)" = 0 ] || skip 'only root can make a set-user-ID program of another user'
program who 'int main(void) { printf("%d %d\n", (int)getuid(), (int)geteuid()); return 0; }'
program become 'int main(void) { void *volatile p = malloc(24); (void)p; p = NULL; execl("./who", "who", (char *)NULL); return 9; }'
chmod 4755 who
chmod 777 .
nobody()
{
	# what leads to this folder may be closed to others
	setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all env HOME="$PWD" "$@"
}
[ "$(nobody ./become 2>&1)" = '65534 0' ] || skip 'another user cannot run a set-user-ID program here'
for command in ./become "sh -c '$PWD/who; :'" "sh -c 'exec ./who'" "bash -c '(x=5; exec ./who); :'"; do
	eval "exits 125 nobody \"\$LG\" check --json=r.json -- $command"
	[ "$(cat out)" = '65534 0' ] || fails "it ran as $(cat out): $command"
	json r.json '.processes[].verdict_reasons[]' | grep -q 'gains privileges' || fails "it is not listed: $command"
done
