[ "$(id -u)" = 0 ] || skip 'needs root, to make a file of another user'
program other 'int main(void) { return 0; }'
chown nobody other && chmod 4755 other
refuses 125 'LD_PRELOAD' "$LG" check -- ./other
