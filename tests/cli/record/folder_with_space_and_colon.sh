# ld.so splits LD_PRELOAD at both.
mkdir 'a b:c' && cp "$B/leakgraph" "$B/liblgpreload.so" 'a b:c/'
victim chain
exits 23 'a b:c/leakgraph' check -- ./chain
exits 0 'a b:c/leakgraph' run -- sh -c 'echo "$LD_PRELOAD"'
name=$(sed 's|:.*||' out)
[ ! -e "$name" ] && [ ! -e "$(dirname "$name")" ] || fails "it leaves $name behind"

# what its file name would do to a terminal it does not do
name=$(printf 'not\nquiet\033[31m')
cp chain "$name"
exits 0 "$LG" run -o name.lgt -- "./$name"
grep -aq 'not?quiet?\[31m (pid' err || fails "its name is told as it is: $(head -n 1 err | cat -v)"
