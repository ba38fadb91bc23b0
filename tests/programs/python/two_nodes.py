"""Two objects that refer to each other, both names deleted, the collector off."""

import gc
import os

gc.disable()


class Node:
    def __init__(self, name):
        self.name = name
        self.peer = None


def make():
    a = Node("a")
    b = Node("b")
    a.peer = b
    b.peer = a
    del a, b


def finish():
    os._exit(0)


make()
finish()
