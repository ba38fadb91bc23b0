exits 0 "$LG" doctor
grep -Eq 'ok +shim' out || fails "the shim is not found"
exits 0 "$LG" doctor python3
