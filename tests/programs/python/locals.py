"""Ends while two functions run, each with an object of its own."""

import os


class Thing:
    pass


def inner(arg):
    mine = Thing()
    os._exit(0)


def outer():
    box = [Thing()]
    inner(box)


outer()
