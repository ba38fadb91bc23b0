program mark 'int main(void) { puts("ran"); return 0; }'
refuses 125 '/no/such/folder' "$LG" run -o /no/such/folder/t.lgt -- ./mark
mkdir /proc/leakgraph-test 2>/dev/null && fails "one can write into /proc here"
refuses 125 '/proc' "$LG" run -o /proc/t.lgt -- ./mark
