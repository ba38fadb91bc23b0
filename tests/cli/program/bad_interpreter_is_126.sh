printf '#!/no/such/shell\necho hello\n' >script && chmod +x script
refuses 126 '/no/such/shell' "$LG" check -- ./script
printf '#!%s/loop\n' "$PWD" >loop && chmod +x loop
refuses 126 'without end' "$LG" run -- ./loop
program lost 'int main(void) { return 0; }' -Wl,--dynamic-linker=/no/such/ld-linux-x86-64.so.2
refuses 126 '/no/such/ld-linux' "$LG" run -- ./lost
