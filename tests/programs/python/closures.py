"""Cycles through what nobody can change: closures, tuples, frozen sets, bound methods, classes; the collector is off."""

import gc
import os

gc.disable()


class Widget:
    def __init__(self):
        self.handlers = []


class Slotted:
    __slots__ = ("other",)


def closure():
    widget = Widget()

    def on_click():
        return widget

    widget.handlers.append(on_click)


def recursion():
    def walk(n):
        return walk(n - 1) if n else 0


def method():
    widget = Widget()
    widget.callback = widget.__init__


def pair():
    widget = Widget()
    widget.pair = (1, widget)


def slots():
    one = Slotted()
    one.other = Slotted()
    one.other.other = one


def class_only():
    class Alone:
        pass


closure()
recursion()
method()
pair()
slots()
class_only()
os._exit(0)
