victim chain
exits 23 "$LG" check -- ./chain
exits 5 "$LG" check --error-exitcode=5 -- ./chain
exits 0 "$LG" check --error-exitcode=0 -- ./chain
"$LG" run -o t.lgt -- ./chain 2>/dev/null
exits 23 "$LG" check t.lgt
exits 0 "$LG" report t.lgt
exits 9 "$LG" report --error-exitcode=9 t.lgt
