victim chain
exits 0 "$LG" run -- ./chain
ls leakgraph.chain.[0-9]*.lgt >/dev/null || fails "no leakgraph.chain.PID.lgt here, but: $(ls)"
exits 0 "$LG" report
grep -q plant_chain out || fails "report without a name does not take the newest trace here"
