head -c 100 /bin/true >short && chmod +x short
refuses 126 'damaged' "$LG" check -- ./short
