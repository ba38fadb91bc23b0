# Quotes, brackets, line ends, control characters and bytes that are no UTF-8, in the names of programs, functions and
# files, and in the command: every format stays what it is.
printf '%s\n' '#include <stdlib.h>' 'void *volatile sink;' \
	'__attribute__((noinline)) void odd(void) __asm__("\"o\'\''d\\\";<d>&|$(x)\"");' \
	'void odd(void) { sink = calloc(1, 24); sink = NULL; }' 'int main(void) { odd(); return 0; }' >odd.c
if ! gcc -g -O0 -o odd odd.c 2>err; then
	sed -i 's/ __asm__([^)]*)")//; s/ __asm__(.*;$/;/' odd.c
	gcc -g -O0 -o odd odd.c
fi
name=$'we"ird\';<&>\n\x01\xff\\n;DROP TABLE blocks;--'
mkdir "$name.d" && cp odd "$name.d/$name"
"$LG" run -o t.lgt -- "./$name.d/$name" "$name" $'\xc3\x28</arg>' 2>/dev/null
for format in folded pprof heapsnapshot sqlite json dot speedscope dhat valgrind-xml; do
	exits 0 "$LG" export --format=$format -o "t.$format" t.lgt
done
for format in heapsnapshot json speedscope dhat; do
	exits 0 jq . t.$format
done
for format in folded sqlite dot; do
	iconv -f UTF-8 -t UTF-8 t.$format >/dev/null || fails "$format is no UTF-8"
done
! grep -Pq '[\x00-\x08\x0b-\x1f\x7f]' t.folded t.sqlite t.dot t.valgrind-xml || fails 'a control character came through'
[ "$(wc -l <t.folded)" = 1 ] && grep -Eq '^[^;]+;[^;]+ 24$' t.folded || fails "$(cat t.folded)"
exits 0 xmllint --noout t.valgrind-xml
exits 0 sqlite3 -bail t.db <t.sqlite
[ "$(sqlite3 t.db 'SELECT count(*) FROM blocks')" = 1 ] || fails 'no block in the database'
! command -v dot >/dev/null || exits 0 dot -Tsvg t.dot
exits 0 python3 "$TOP/tests/cli/export/pprof.py" t.pprof
