head -c 3000000 /dev/urandom >in
"$LG" run -o t.lgt -- cat <in >copy 2>/dev/null
cmp in copy || fails "the bytes changed"
"$LG" check -- cat <in 2>/dev/null | cmp in - || fails "the bytes changed"
