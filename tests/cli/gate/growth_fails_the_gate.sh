# --kinds=growth counts places that grew at every moment before the end; with too few moments nothing is judged.
program server 'void *kept[1000]; unsigned used;
__attribute__((noinline)) void remember(void) { for (int i = 0; i < 10; i++) kept[used++] = malloc(100); }
int main(void)
{
	for (int c; (c = getchar()) != EOF;) { remember(); puts("done"); fflush(stdout); }
	while (used) free(kept[--used]);
	return 0;
}' -O1
# with_moments N: ./server with so many snapshots, as N.lgt
with_moments()
{
	rm -f input
	served server
	for i in $(seq "$1"); do
		[ "$i" = 1 ] || line
		exits 0 "$LG" snapshot "$pid"
	done
	over 0
	mv t.lgt "$1.lgt"
}
with_moments 3
with_moments 2
with_moments 0

# It gave all back at its end, so that nothing is lost; and yet it grew.
exits 0 "$LG" check 3.lgt
exits 23 "$LG" check --kinds=growth --json=o.json --output=sarif=o.sarif --output=junit=o.xml --gen-suppressions=valgrind:own.supp 3.lgt
grep -Eq '^  G1 +growth +[0-9a-f]{8}  2,000 B in 20 blocks' err || fails "$(cat err)"
grep -q '^      allocated by malloc in remember, .* < main$' err || fails "$(cat err)"
grep -Eq '^      1,000 B -> 3,000 B over 3 moments before the end, .*/s; (linear|rising)$' err || fails "$(cat err)"
grep -q 'check FAILED: 1 growing place, 0 leaks' err || fails "$(cat err)"
[ "$(json o.json '.processes[0] | "\(.growth_moments) \(.growth[0] | "\(.id) \(.kind) \(.bytes) \(.from_bytes) \(.to_bytes)")"')" = \
	'3 G1 growth 2000 1000 3000' ] || fails "$(json o.json '.processes[0].growth')"
[ "$(json o.sarif '.runs[0].results[0] | "\(.ruleId) \(.level)"')" = 'LG007 warning' ] || fails "$(cat o.sarif)"
grep -q 'failures="1"' o.xml || fails "$(cat o.xml)"

exits 0 "$LG" check --max-growth=2000 3.lgt
exits 23 "$LG" check --max-growth=1999 3.lgt
exits 0 "$LG" check --max-growth=1G/s 3.lgt
exits 23 "$LG" check --max-growth=1/s 3.lgt
exits 0 "$LG" check --kinds=growth --max-leaks=growth=1 3.lgt
exits 0 "$LG" check --kinds=growth --suppressions=own.supp 3.lgt
exits 0 "$LG" baseline create known.base 3.lgt
exits 0 "$LG" check --kinds=growth --strict-baseline --baseline=known.base 3.lgt
exits 0 "$LG" check --strict-baseline --baseline=known.base 3.lgt # nobody looked for growth: it is not gone
refuses 2 'takes bytes .*not "much"' "$LG" check --max-growth=much 3.lgt
refuses 2 'takes a size' "$LG" check --max-growth=1K/h 3.lgt

# Fewer than three moments before the end are no ground, and the cure is said.
exits 125 "$LG" check --kinds=growth 2.lgt
grep -q 'could not judge: server .*: it has fewer than three moments before its end .*; leakgraph snapshot PID' err || fails "$(cat err)"
exits 125 "$LG" check --kinds=growth 0.lgt
grep -q 'could not judge: there is no moment before the end to tell growth by; leakgraph snapshot PID' err || fails "$(cat err)"
exits 0 "$LG" check --kinds=growth --allow-degraded 2.lgt
