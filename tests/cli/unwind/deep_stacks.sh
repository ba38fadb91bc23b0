# Deeper than a stack may be: the innermost 1024 frames are kept, on the way down and on the way back.
program deep 'int down(int n) { free(malloc(10)); int depth = n ? down(n - 1) : 0; free(malloc(5)); return depth + 1; } int main(void) { return down(3000) == 0; }' -O0
LEAKGRAPH_VERIFY_UNWIND=1 exits 0 "$LG" run -- ./deep
grep -Eq 'libunwind: ([0-9]+), equal \1 ' err || fails "$(grep -A 4 'stacks checked' err | tr '\n' ' ')"
grep -q 'equal, but deeper' err || fails "no stack is deep: $(cat err)"
