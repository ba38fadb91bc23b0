# The tool under the tool, and the program under both: each does its own work.
victim chain
exits 23 "$LG" check --json=outer.json -- "$LG" check --json=inner.json -- ./chain
[ "$(json inner.json '.processes[0].summary.direct.blocks')" = 1 ] || fails "the inner one found $(json inner.json '.processes[0].summary.direct.blocks')"
[ "$(json outer.json '.processes[0] | .command[1]')" = check ] || fails "the outer one did not see the inner one"
