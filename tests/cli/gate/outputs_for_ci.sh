# --output FORMAT=FILE: each is what its readers expect; GitHub is told without being asked; the baseline is in all.
victim ring-of-2
exits 23 "$LG" check --keep --source-root="$TOP" --output=sarif=o.sarif --output=github=o.github --output=gitlab=o.gitlab \
	--output=junit=o.xml --output=markdown=o.md --output=json=o.json -- ./ring-of-2
result='.runs[0].results[0] | "\(.ruleId) \(.level) \(.locations[0].physicalLocation.artifactLocation.uri) \(.codeFlows | length)"'
[ "$(json o.sarif "$result")" = 'LG002 error tests/programs/ring-of-2.c 2' ] || fails "$(json o.sarif '.runs[0].results[0]')"
grep -q '^::error file=tests/programs/ring-of-2.c,line=[0-9]*,title=.* in a cycle%2C allocated by plant_ring' o.github || fails "$(cat o.github)"
[ "$(json o.gitlab '.[0] | "\(.check_name) \(.severity) \(.location.path)"')" = 'cycle major tests/programs/ring-of-2.c' ] ||
	fails "$(cat o.gitlab)"
grep -q '<testsuite name="leakgraph" tests="1" failures="1" errors="0">' o.xml || fails "$(cat o.xml)"
if command -v xmllint >/dev/null; then xmllint --noout o.xml || fails "o.xml is not well-formed"; fi
grep -q '^### leakgraph: FAILED' o.md || fails "$(cat o.md)"
[ "$(json o.json .schema)" = leakgraph.report.v1 ] || fails "$(cat o.json)"

trace=$(echo leakgraph.ring-of-2.*.lgt)
GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=summary exits 23 "$LG" check "$trace"
grep -q '^::error ' err || fails "no annotation: $(cat err)"
grep -q '^### leakgraph: FAILED' summary || fails "no summary"
[ -z "$(tail -n 1 summary)" ] || fails "what the next step adds would belong to: $(tail -n 1 summary)"

"$LG" baseline create known.base "$trace" 2>/dev/null
GITHUB_ACTIONS=true exits 0 "$LG" check --baseline=known.base --output=sarif=o.sarif --output=junit=o.xml "$trace"
grep -q '^::error ' err && fails "a known leak is annotated"
[ "$(json o.sarif '.runs[0].results[0] | "\(.level) \(.baselineState)"')" = 'note unchanged' ] || fails "$(json o.sarif '.runs[0].results[0]')"
grep -q 'failures="0"' o.xml || fails "$(cat o.xml)"

# Two leaks of one fingerprint and kind are two issues.
program twin 'void *one; int main(void) { one = malloc(1); one = 0;
one = malloc(2); one = 0; return 0; }' -O0
exits 23 "$LG" check --output=gitlab=o.gitlab -- ./twin
[ "$(json o.gitlab '[.[].fingerprint] | length, (unique | length)' | paste -sd' ')" = '2 2' ] || fails "$(cat o.gitlab)"

refuses 2 'no format "frob"; there are json, sarif' "$LG" check --output=frob=x "$trace"
refuses 2 'sarif= needs a file' "$LG" report --output=sarif= "$trace"
exits 125 "$LG" check --error-exitcode=0 --output=sarif=/nowhere/x "$trace"
grep -q '/nowhere/x cannot be written' err || fails "$(cat err)"
