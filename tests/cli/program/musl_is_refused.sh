program alpine 'int main(void) { return 0; }' -Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1
refuses 125 'musl' "$LG" check -- ./alpine
