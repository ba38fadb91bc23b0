# A program that never allocates is clean. One that has memory of its own making, and no allocation seen, is not.
program nothing 'int main(void) { return 0; }'
exits 0 "$LG" check -- ./nothing
program own 'int main(void) { volatile char *p = mmap(NULL, 4 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); p[0] = 1; return 0; }' -include sys/mman.h
exits 125 "$LG" check -- ./own
grep -q 'has a heap' err || fails "no word of its heap: $(cat err)"
