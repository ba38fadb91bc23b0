# A program that was built anew after it was traced: no view shows places without names and leaves out why.
victim ring-with-tail
"$LG" run -q -o t.lgt -- ./ring-with-tail
program ring-with-tail 'int main(void) { return 0; }'
for view in report types lines growth 'diff t.lgt' 'why --all'; do
	# shellcheck disable=SC2086 # a view and what it compares with
	exits 0 "$LG" $view t.lgt $([ "$view" != 'why --all' ] || echo L1)
	[ "$(grep -c '^note: ring-with-tail:' out)" = 1 ] || fails "$view: $(cat out)"
	# shellcheck disable=SC2086
	exits 0 "$LG" $view --json t.lgt $([ "$view" != 'why --all' ] || echo L1)
	grep -q '"ring-with-tail: .* has build-id' out || fails "$view --json: $(cat out)"
done
