"""Objects in a dictionary that has grown, in lists, slots, tuples, deques and attributes, all held by one variable."""

import collections
import os


class Node:
    def __init__(self, previous):
        self.previous = previous
        self.kids = []


class Slot:
    __slots__ = ("node", "pair")


class Leaf:
    pass


registry = {}


def build():
    node = None
    for i, name in enumerate(("a", "b", "c", "d", "e", "f", "g")):
        node = Node(node)
        slot = Slot()
        slot.node = node
        slot.pair = (i, node)
        node.kids.append(slot)
        registry[name] = node
    node.queue = collections.deque(range(100))
    node.queue.append({7: Leaf()})
    del registry["d"]


build()
os._exit(0)
