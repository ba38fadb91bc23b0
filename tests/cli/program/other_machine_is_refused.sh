cp /bin/true arm && printf '\267\0' | dd of=arm bs=1 seek=18 conv=notrunc status=none
refuses 125 'another machine' "$LG" check -- ./arm
cp /bin/true small && printf '\1' | dd of=small bs=1 seek=4 conv=notrunc status=none
printf '\3\0' | dd of=small bs=1 seek=18 conv=notrunc status=none
status=0
"$LG" check -- ./small >out 2>err || status=$?
case $status in 125 | 126) ;; *) fails "exit status $status for a 32-bit file" ;; esac
