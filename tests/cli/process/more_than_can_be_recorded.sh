# More processes at once than there is room for, or than the recorder may open files for: all run, each is recorded or
# counted, and the answer is never clean.
program many 'int main(int argc, char **argv) { int ends[2], bad = argc != 2 || pipe(ends), status; char byte; for (int i = 0; !bad && i < atoi(argv[1]); i++) if (!fork()) { void *volatile p = malloc(24); (void)p; close(ends[1]); _exit(read(ends[0], &byte, 1) != 0); } close(ends[1]); while (wait(&status) > 0) bad |= status; return bad; }' -include sys/wait.h
exits 0 "$LG" run -o t.lgt -- ./many 300
more=$(sed -n 's/^leakgraph: and \([0-9]*\) more program runs.*/\1/p' err) unseen=$(sed -n 's/^leakgraph: \([0-9]*\) program runs could not be recorded/\1/p' err)
[ $((more + unseen)) = 300 ] || fails "of 300 children $more are recorded and ${unseen:-none} counted"
[ "$more" = 255 ] || fails "$more children are recorded, not 255"
exits 0 bash -c 'ulimit -n 16; exec "$0" run -o few.lgt -- ./many 20' "$LG"
grep -q 'Too many open files' err || fails "no word of what was short: $(cat err)"
exits 125 "$LG" check few.lgt
