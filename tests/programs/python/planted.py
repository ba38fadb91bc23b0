"""Loses references in known numbers, and makes garbage that is none of these. Ends without cleaning up."""

import gc
import os
import sys

import leaky

gc.disable()


class Node:
    def __init__(self, name):
        self.name = name
        self.next = None


class Slots:
    __slots__ = ("name", "other")


def pair(left, right):
    left.next = right
    right.next = left


def pairs_of_nodes(n):
    for i in range(n):
        pair(Node("left"), Node("right"))


def pairs_of_slots(n):
    for i in range(n):
        left, right = Slots(), Slots()
        left.other, right.other = right, left


def pairs_of_boxes(n):
    for i in range(n):
        left, right = leaky.Box(), leaky.Box()
        left.named = right
        right.hide(left)


def lose_references():
    leaky.lose(*live)
    leaky.lose(*[Node("dropped %d" % i) for i in range(8)])
    leaky.lose(*[[i, "in a list"] for i in range(7)])
    leaky.lose(*[b"bytes %d" % i for i in range(6)])
    leaky.lose(*kept)


def hide_references():
    tagged, packed = Node("tagged"), Node("packed")
    leaky.keep_tagged(tagged)
    leaky.keep_packed(packed)


def overwrite(depth):
    """What calls have left on the stacks goes."""
    return max([depth, 0], key=lambda _: overwrite(depth - 1) if depth else 0)


def collect():
    """The truth: what the collector finds in the same state."""
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.collect()
    print(len(gc.garbage))


def finish():
    sys.stdout.flush()
    os._exit(0)


live = [Node("live %d" % i) for i in range(20)]
kept = [[i] for i in range(5)]
lose_references()
hide_references()
pairs_of_nodes(10)
pairs_of_slots(10)
pairs_of_boxes(10)
overwrite(6)
if len(sys.argv) > 1:
    collect()
finish()
