head -c 100 /bin/true >cut && chmod +x cut
refuses 126 'damaged' "$LG" check -- ./cut
