program show 'int main(void) { for (int i = 0; i < 1024; i++) if (!fcntl(i, F_GETFD) || fcntl(i, F_GETFD) > 0) printf("%d\n", i); return 0; }' -include fcntl.h
./show >native
"$LG" run -o t.lgt -- ./show >traced 2>/dev/null
cmp native traced || fails "the program sees other descriptors: $(tr '\n' ' ' <traced)"
