mkdir bin && (cd bin && victim chain)
PATH=$PWD/bin:$PATH exits 23 "$LG" check -- chain
PATH=$PWD/bin:$PATH refuses 2 "check -- chain" "$LG" check chain # a program wants its "--"
