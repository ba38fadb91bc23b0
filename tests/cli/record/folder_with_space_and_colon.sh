# ld.so splits LD_PRELOAD at both.
mkdir 'a b:c' && cp "$B/leakgraph" "$B/liblgpreload.so" 'a b:c/'
victim chain
exits 23 'a b:c/leakgraph' check -- ./chain
[ -z "$(find /tmp -maxdepth 1 -name 'leakgraph-*' -newer chain 2>/dev/null)" ] || fails "it leaves something in /tmp"
