exits 2 "$LG"
grep -q report err out || fails "no list of commands"
refuses 2 '.' "$LG" run
refuses 2 '.' "$LG" run --
refuses 2 '.' "$LG" check
refuses 2 '.' "$LG" why
refuses 2 '.' "$LG" check --kinds=nonsense -- true
