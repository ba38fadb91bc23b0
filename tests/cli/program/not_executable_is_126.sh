echo 'echo hello' >text
refuses 126 'permission denied.*chmod \+x' "$LG" check -- ./text
refuses 126 'folder' "$LG" check -- /tmp
mkdir bin && cp text bin/only-here
PATH=$PWD/bin:$PATH refuses 126 'chmod' "$LG" run -- only-here
no_trace_here
