victim endings
for status in 0 1 7 23 125 126 127 255; do
	exits $status "$LG" run -- sh -c "exit $status"
done
exits 7 "$LG" run -- ./endings exit-7
