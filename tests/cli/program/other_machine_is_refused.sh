cp /bin/true arm && printf '\267\0' | dd of=arm bs=1 seek=18 conv=notrunc status=none
refuses 125 'another machine' "$LG" check -- ./arm
cp /bin/true small && printf '\1' | dd of=small bs=1 seek=4 conv=notrunc status=none
printf '\3\0' | dd of=small bs=1 seek=18 conv=notrunc status=none
exits 125 "$LG" check -- ./small || exits 126 "$LG" check -- ./small
