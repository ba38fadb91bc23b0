# The GitHub action: its file is YAML whose inputs reach the step that judges, which judges as leakgraph check does.
action=$TOP/scripts/action
python3 -c 'import sys, yaml; yaml.safe_load(open(sys.argv[1]))' "$action/action.yml" 2>/dev/null ||
	! python3 -c 'import yaml' 2>/dev/null || fails "action.yml is no YAML"
for name in $(grep -o 'INPUT_[A-Z][A-Z]*' "$action/check" | sort -u); do
	grep -q "^ *$name: " "$action/action.yml" || fails "action.yml does not give $name"
done
victim ring-of-2
PATH=$B:$PATH
export GITHUB_WORKSPACE=$PWD GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=$PWD/summary.md
export INPUT_RUN='echo "two  words"; ./ring-of-2' INPUT_SARIF=leaks.sarif
exits 23 "$action/check"
[ "$(cat out)" = 'two  words' ] || fails "the command's output is $(cat out)"
[ "$(json leaks.sarif '.runs[0].results | length')" = 1 ] || fails "no leak in the SARIF"
grep -q '^### leakgraph: FAILED' summary.md || fails "no summary"
export INPUT_OPTIONS=$'--kinds=direct\n--max-bytes=1K' INPUT_SARIF=
exits 0 "$action/check"
printf 'leak:plant_ring\n' >'our own.supp'
export INPUT_SUPPRESSIONS='our own.supp' INPUT_OPTIONS=
exits 0 "$action/check"
