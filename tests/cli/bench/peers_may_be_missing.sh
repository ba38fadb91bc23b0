# The benchmarks measure with the tools that are there, if only leakgraph.
mkdir results
exits 0 env ROUNDS=1 STARTS=1 RESULTS="$PWD/results" WITHOUT='heaptrack lsan memcheck' "$TOP/tests/bench/startup"
grep -Eq '^1 \(true\) +[0-9.]+ +[0-9.-]+ +- +- +- ' out || { cat out && fails "no numbers for leakgraph alone"; }
exits 0 env PAIRS=1000 ROUNDS=1 RESULTS="$PWD/results" WITHOUT='heaptrack lsan memcheck' "$TOP/tests/bench/pairs"
! grep -q fails out || { cat out && fails "a run failed"; }
grep -q $'^20 x 8\t' results/pairs.tsv || fails "the table is not kept"
