# A trace whose children's traces cannot be read, one or all of them, is never clean.
victim no-leak
exits 0 "$LG" run -o t.lgt -- ./no-leak
exits 0 "$LG" check t.lgt
: >t.lgt.children
exits 125 "$LG" check t.lgt
grep -q 't.lgt.children cannot be read: Not a directory' err || fails "$(cat err)"
rm t.lgt.children
mkdir t.lgt.children
exits 0 "$LG" check t.lgt
echo no trace >t.lgt.children/1.lgt
exits 125 "$LG" check t.lgt
grep -q "a child's trace cannot be read: " err || fails "$(cat err)"
exits 0 "$LG" check --no-children t.lgt
