# Quotes, brackets, line ends, control characters and bytes that are no UTF-8, in the names of programs and functions and
# in the command: every format stays what it is.
name=$'we"ird\';<&>\n\x01\xff\\n;DROP TABLE blocks;--'
program plain 'void *volatile sink; void odd(void) { sink = calloc(1, 24); sink = NULL; } int main(void) { odd(); return 0; }' -c -g0
objcopy --redefine-sym "odd=$name" plain plain.o
mkdir "$name.d"
gcc -o "$name.d/$name" plain.o
"$LG" run -o t.lgt -- "./$name.d/$name" "$name" $'\xc3\x28</arg>' 2>/dev/null
for format in folded pprof heapsnapshot sqlite json dot speedscope dhat valgrind-xml; do
	exits 0 "$LG" export --format=$format -o "t.$format" t.lgt
done
for format in heapsnapshot json speedscope dhat; do
	exits 0 jq . t.$format
done
for format in folded sqlite dot valgrind-xml; do
	iconv -f UTF-8 -t UTF-8 t.$format >/dev/null || fails "$format is no UTF-8"
	! grep -Pq '[\x00-\x08\x0b-\x1f\x7f]' t.$format || fails "a control character came through to $format"
done
grep -Eq "^main;we\"ird':<&>[^;]+ 24\$" t.folded || fails "$(cat t.folded)"
[ "$(wc -l <t.folded)" = 1 ] || fails "$(wc -l <t.folded) lines, not one"
exits 0 xmllint --noout t.valgrind-xml
exits 0 sqlite3 -bail t.db <t.sqlite
[ "$(sqlite3 t.db 'SELECT count(*) FROM blocks')" = 1 ] || fails 'no block in the database'
sqlite3 t.db 'SELECT function FROM frames' | grep -Fq "we\"ird';<&>" || fails "$(sqlite3 t.db 'SELECT function FROM frames')"
! command -v dot >/dev/null || exits 0 dot -Tsvg t.dot
exits 0 python3 "$TOP/tests/cli/export/pprof.py" t.pprof
