echo 'echo hello' >script && chmod +x script
refuses 126 '#!/bin/sh' "$LG" check -- ./script
: >nothing && chmod +x nothing
refuses 126 '#!' "$LG" run -- ./nothing
no_trace_here
