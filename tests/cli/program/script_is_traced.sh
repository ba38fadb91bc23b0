victim chain
printf '#!/bin/sh\necho "$1"\n./chain\n' >script && chmod +x script
exits 23 "$LG" check --json=r.json -- ./script 'two words'
[ "$(cat out)" = 'two words' ] || fails "the script printed $(cat out)"
[ "$(json r.json '[.processes[].summary.direct.blocks] | add')" = 1 ] || fails "the script's child was not traced"
