echo 'this is a text, and a trace it is not' >text
: >empty
head -c 100000 /bin/ls >binary
for file in text empty binary; do
	refuses 2 "$file.*" "$LG" report "$file"
	refuses 2 "$file.*" "$LG" check "$file"
	refuses 2 "$file.*" "$LG" dump "$file"
done
refuses 2 'missing.lgt' "$LG" report missing.lgt
refuses 2 '.' "$LG" report /tmp
refuses 2 '.' "$LG" report
