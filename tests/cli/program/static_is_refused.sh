program still 'int main(void) { puts("ran"); return 0; }' -static
refuses 125 'static.*-static' "$LG" check -- ./still
refuses 125 'static.*-static' "$LG" run -- ./still
program still-pie 'int main(void) { puts("ran"); return 0; }' -static-pie
refuses 125 'static' "$LG" check -- ./still-pie
no_trace_here
