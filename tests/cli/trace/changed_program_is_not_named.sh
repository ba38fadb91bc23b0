# The program is built anew after it was traced: names from the new file would be lies.
program app 'void plant(void) { volatile char *p = malloc(24); p[0] = 1; } int main(void) { plant(); return 0; }' -O0
"$LG" run -o a.lgt -- ./app 2>/dev/null
program app 'int other(void) { return 1; } void impostor(void) { volatile char *p = malloc(24); p[0] = 1; } int main(void) { impostor(); return other() - 1; }' -O0
"$LG" report a.lgt >out 2>err
cat out err >all
grep -q impostor all && fails "it names a function of the other program"
grep -Eqi 'build.?id|changed|not the (one|file)' all || fails "it does not say that the program has changed"
