"""compare_frames.py DUMP TRUTH: the Python frames of a trace, by `leakgraph dump --stacks`, against what frames.py wrote.
Prints how many blocks there were and how many stacks differ, and the first of those."""
import re
import sys

dump, truth = sys.argv[1:]
wanted = {}
for line in open(truth):
    size, *stack = line.rstrip("\n").split("\t")
    wanted[size] = stack
codes, nodes, stack_of = {}, {}, {}
for line in open(dump):
    if m := re.match(r'python id=(\d+) file="(.*)" name="(.*)"$', line):
        codes[m[1]] = m[3], m[2]
    elif m := re.match(r"node id=(\d+) parent=(\d+) (?:python=(\d+) line=(\d+))?", line):
        nodes[m[1]] = m[2], m[3] and "%s %s:%s" % (*codes[m[3]], m[4])
    elif (m := re.match(r"event .*type=ALLOC .*size=(\d+) stack=(\d+)", line)) and m[1] in wanted:
        stack_of[m[1]] = m[2]
differ = []
for size, stack in wanted.items():
    node, found = stack_of.get(size, "0"), []
    while node != "0":
        node, frame = nodes[node]
        if frame:
            found.append(frame)
    if found != stack:
        differ.append((size, stack, found))
print(len(wanted), "blocks,", len(differ), "differ")
for size, stack, found in differ[:1]:
    print("block of", size, "wanted", stack, "found", found, sep="\n  ")
