"""objects.py BLOCKS: so many blocks of Python's, of all common kinds; one object in a hundred is in a cycle that nobody
holds, the collector being off. Ends while all is there."""
import gc
import os
import sys

gc.disable()


class Node:
    def __init__(self, name, previous):
        self.name = name
        self.previous = previous
        self.kids = [name]


class Slot:
    __slots__ = ("node", "pair")


def build(blocks):
    held, node = {}, None
    for i in range(blocks // 12):  # a turn makes a little more than 12
        node = Node("node %d" % i, node if i % 16 else None)
        slot = Slot()
        slot.node, slot.pair = node, (i + 1000, float(i))
        node.kids.append(slot)
        held[i + 1000] = {"node": node, "slot": slot}
        if i % 10 == 0:
            node = Node("lost %d" % i, None)
            node.previous = node
    return held


held = build(int(sys.argv[1]))
os._exit(0)
