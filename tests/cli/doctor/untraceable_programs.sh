program still 'int main(void) { return 0; }' -static
exits 125 "$LG" doctor ./still
grep -q 'FAIL.*static' out || fails "no word of static linking"
exits 125 "$LG" doctor ./missing
program plain 'int main(void) { return 0; }' -s -g0
exits 0 "$LG" doctor ./plain
grep -q 'warn.*rebuild with -g' out || fails "no word of missing names"
