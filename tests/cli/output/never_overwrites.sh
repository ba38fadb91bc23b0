victim chain
echo precious >kept.lgt
status=0
"$LG" run -o kept.lgt -- ./chain >out 2>err || status=$?
[ "$(cat kept.lgt)" = precious ] || fails "it overwrote a file"
[ $status = 125 ] || [ $status = 2 ] || fails "exit status $status"
grep -q 'kept.lgt' err || fails "no word of kept.lgt"
