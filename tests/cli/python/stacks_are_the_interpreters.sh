# In functions, methods, generators, coroutines, callbacks, threads, code that comes and goes, with the interpreter's lock
# and without: the Python frames of each stack are those that the interpreter itself tells. PYTHONS names more of them.
[ -x /usr/bin/python3 ] || skip "/usr/bin/python3 is not there"
export PYTHONDONTWRITEBYTECODE=1
for python in ${PYTHONS:-/usr/bin/python3}; do
	rm -f frames.lgt
	exits 0 "$LG" run -o frames.lgt -- "$python" "$TOP/tests/programs/python/frames.py" truth
	"$LG" dump --stacks frames.lgt >dump || fails "dump"
	/usr/bin/python3 "$TOP/tests/programs/python/compare_frames.py" dump truth >out
	grep -q '^[0-9]\{3\} blocks, 0 differ' out || fails "$python: $(cat out)"
	grep -q 'python_lost=0' dump || fails "$python: $(grep -o 'python_lost=.*' dump)"
done
rm -f frames.lgt
exits 0 "$LG" run --no-python-frames -o frames.lgt -- /usr/bin/python3 "$TOP/tests/programs/python/frames.py" truth
"$LG" dump --stacks --no-events frames.lgt | grep -q '^python' && fails "Python frames, though they were not wanted"
true
