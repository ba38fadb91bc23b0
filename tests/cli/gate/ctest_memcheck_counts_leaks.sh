# leakgraph-memcheck takes the flags of Valgrind's callers; `ctest -T memcheck` counts the leaks.
memcheck=$TOP/scripts/leakgraph-memcheck
program app 'struct node { struct node *next; char text[20]; }; void *one;
int main(int argc, char **argv) { puts(argc > 1 ? argv[1] : "none"); if (argc > 1) { struct node *a = calloc(1, 28); a->next = malloc(10); one = a; one = a = 0; }
return argc > 2 ? 7 : 0; }' -O0
exits 0 "$memcheck" --log-file=log.%p -q --tool=memcheck --leak-check=yes ./app 'two words'
[ "$(cat out)" = 'two words' ] || fails "standard output is not the program's: $(cat out)"
[ ! -s err ] || fails "it writes to standard error: $(cat err)"
grep -Eq '^==[0-9]+== 38 \(28 direct, 10 indirect\) bytes in 1 blocks are definitely lost in loss record 1 of 1$' log.* || fails "$(cat log.*)"
grep -Eq '^==[0-9]+==    by 0x[0-9A-F]+: main \(.*app.c:[0-9]+\)$' log.* || fails "$(cat log.*)"
exits 7 "$memcheck" --error-exitcode=9 -- ./app one two
grep -q 'definitely lost: 28 bytes in 1 blocks' err || fails "without a log file: $(cat err)"
exits 9 "$memcheck" --error-exitcode=9 --log-file=log ./app one
echo 'leak:main' >main.supp
exits 0 "$memcheck" --error-exitcode=9 --suppressions=main.supp --log-file=log ./app one
exits 2 "$memcheck" -q

command -v ctest >/dev/null || skip 'ctest is not installed'
mkdir project build
cp app.c project
cat >project/CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.10)
project(victims C)
include(CTest)
add_executable(app app.c)
add_test(NAME leaks COMMAND app one)
add_test(NAME clean COMMAND app)
END
sed -i 's/one = a;/one = a; one = malloc(5);/' project/app.c
cd build
cmake -DMEMORYCHECK_COMMAND="$memcheck" -DMEMORYCHECK_TYPE=Valgrind ../project >log 2>&1 && make >>log 2>&1 || fails "$(tail -n 3 log)"
ctest -T memcheck >out 2>&1 || fails "$(tail -n 5 out)"
grep -q '^Memory Leak - 2$' out || fails "ctest does not count them: $(cat out)"
grep -Eq 'MemCheck #2: clean \.+ +Passed' out || fails "$(cat out)"
