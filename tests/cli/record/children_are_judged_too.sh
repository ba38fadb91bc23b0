victim chain
victim no-leak
exits 23 "$LG" check --json=r.json -- sh -c './no-leak && ./chain; ./no-leak'
[ "$(json r.json '[.processes[] | select(.summary.direct.blocks == 1)] | length')" = 1 ] || fails "the child's leak is not found once"
exits 0 "$LG" check --no-children -- sh -c './no-leak && ./chain; ./no-leak'
