program small 'int main(void) { void *volatile p = malloc(24); (void)p; puts("fine"); return 4; }'
for limit in '-n 16' '-l 64' '-c 0' '-s 512'; do
	# shellcheck disable=SC2086
	(ulimit $limit && exits 4 "$LG" check --json=r.json -- ./small && [ "$(cat out)" = fine ]) || fails "with ulimit $limit"
done
