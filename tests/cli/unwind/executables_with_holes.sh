# Segments aligned to more than a page leave holes between them, which another mapping may fill.
for flags in -pie -no-pie; do
	gcc -std=gnu17 -O1 $flags -Wl,-z,max-page-size=0x200000 -o unwinding "$TOP/tests/programs/unwinding.c" -pthread
	all_verified ./unwinding
done
