victim tree
"$LG" run -o a.lgt -- ./tree 2>/dev/null
"$LG" report --json a.lgt >a.json
"$LG" report --json a.lgt >b.json
cmp -s a.json b.json || fails "the same trace gives two reports"
mkdir away && mv a.lgt away/
"$LG" report --json away/a.lgt | sed 's|away/||' >c.json
cmp -s a.json c.json || fails "the report depends on where the trace lies"
