program guarded 'int main(void) { return 0; }' -fsanitize=address
refuses 125 'AddressSanitizer.*-fsanitize' "$LG" check -- ./guarded
