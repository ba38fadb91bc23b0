mkdir bin && (cd bin && victim chain)
PATH=$PWD/bin:$PATH exits 23 "$LG" check -- chain
PATH=$PWD/bin:$PATH exits 23 "$LG" check chain
