victim endings
exits 7 "$LG" check -- ./endings exit-7
grep -q plant err out || fails "the leak is not shown"
exits 143 "$LG" check -- ./endings term
exits 134 "$LG" check -- ./endings abort
exits 139 "$LG" check -- ./endings segv
exits 137 "$LG" check -- ./endings kill
