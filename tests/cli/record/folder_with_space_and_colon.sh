# ld.so splits LD_PRELOAD at both.
mkdir 'a b:c' && cp "$B/leakgraph" "$B/liblgpreload.so" 'a b:c/'
victim chain
exits 23 'a b:c/leakgraph' check -- ./chain
exits 0 'a b:c/leakgraph' run -- sh -c 'echo "$LD_PRELOAD"'
name=$(sed 's|:.*||' out)
[ ! -e "$name" ] && [ ! -e "$(dirname "$name")" ] || fails "it leaves $name behind"
