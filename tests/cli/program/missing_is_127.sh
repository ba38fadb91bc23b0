refuses 127 'no such file' "$LG" check -- ./missing
refuses 127 'PATH' "$LG" check -- no-such-program-anywhere
refuses 127 'no such file' "$LG" run -- ./missing
refuses 127 'name is empty' "$LG" run -- ''
no_trace_here
