"""Objects in packed records and arrays of numpy, and in what else an application imports. Nothing is lost by it."""

import asyncio
import collections
import ctypes
import json
import os
import sqlite3
import ssl

import numpy


class Thing:
    pass


records = numpy.zeros(100, dtype=numpy.dtype([("byte", "u1"), ("thing", "O"), ("short", "u2")]))
for i in range(100):
    records[i]["thing"] = Thing()
array = numpy.array([Thing() for _ in range(50)], dtype=object)
queue = collections.deque(Thing() for _ in range(1000))


def finish():
    os._exit(0)


finish()
