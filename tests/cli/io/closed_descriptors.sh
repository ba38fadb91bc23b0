victim chain
status=0
"$LG" check --json=r.json -- ./chain <&- >&- 2>&- || status=$?
[ $status = 23 ] || fails "exit status $status with all three closed"
[ "$(json r.json '.processes[0].summary.direct.blocks')" = 1 ] || fails "a wrong report"
program closer 'int main(void) { for (int i = 0; i < 1000; i++) close(i); return malloc(24) == NULL; }' -O0
exits 23 "$LG" check -- ./closer
