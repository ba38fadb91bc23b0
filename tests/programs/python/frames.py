"""Allocates blocks of sizes of their own in all kinds of Python frames, and says what the interpreter itself takes the
stack for: a line "SIZE function file:line function file:line ..." each, innermost first."""
import ctypes, functools, os, signal, sys, threading, asyncio

free_lock = ctypes.CDLL(None).malloc  # gives the interpreter's lock away while it runs
keep_lock = ctypes.PyDLL(None).malloc
for f in free_lock, keep_lock:
    f.restype = None  # the address is lost at once
size = 1_000_000
truth = []
lock = threading.Lock()


def note():
    global size
    with lock:
        size += 16
        mine = size
    frame, stack = sys._getframe(1), []
    while frame:
        code = frame.f_code
        stack.append(f"{code.co_qualname} {code.co_filename}:{frame.f_lineno}")
        frame = frame.f_back
    return mine, stack


def block(malloc=keep_lock):
    mine, stack = note(); malloc(mine); truth.append((mine, stack))  # on one line, as both are to see it


class Meta(type):
    def __call__(cls, *args):
        return super().__call__(*args)


class Thing(metaclass=Meta):
    def __init__(self, depth):
        block()
        self.inner = Thing(depth - 1) if depth else None

    @property
    def value(self):
        block()
        return 1

    def __getitem__(self, i):
        block()
        return i

    def __add__(self, other):
        block()
        return self

    def __lt__(self, other):
        block()
        return False

    def __del__(self):
        block()

    @classmethod
    def made(cls):
        block(free_lock)
        return cls(0)


def recursion(n):
    if n:
        return recursion(n - 1)
    block()
    block(free_lock)


def generator(n):
    for i in range(n):
        block()
        yield i
    yield from (block() for _ in range(2))


async def coroutine(n):
    block()
    await asyncio.sleep(0)
    if n:
        await coroutine(n - 1)
    block()


def callbacks():
    sorted([3, 1, 2], key=lambda x: (block(), x)[1])
    list(map(lambda x: block(), range(2)))
    functools.reduce(lambda a, b: block(), range(3))
    callback = ctypes.CFUNCTYPE(None)(lambda: recursion(3))
    callback()


def compiled(i):
    """Code that comes and goes at the same addresses."""
    source = "\n" * i + "def made_%d():\n    block()\nmade_%d()\nblock()\n" % (i % 7, i % 7)
    exec(compile(source, f"<made {i % 5}>", "exec"), {"block": block})


def raising():
    try:
        {}["absent"]
    except KeyError:
        block()
    finally:
        block(free_lock)


def threads():
    made = [threading.Thread(target=lambda: [recursion(i) for i in range(5)], name=str(i)) for i in range(4)]
    for t in made:
        t.start()
    for t in made:
        t.join()


def unwarm_and_warm():
    thing = Thing(1)
    for _ in range(30):
        thing.value, thing[1], thing + 1, max(thing, thing)


def signals():
    signal.signal(signal.SIGUSR1, lambda *_: block())
    for _ in range(3):
        signal.raise_signal(signal.SIGUSR1)


def main():
    for _ in range(3):
        recursion(0), recursion(17)
    Thing(4)
    Thing.made()
    list(generator(4))
    asyncio.run(coroutine(3))
    callbacks()
    for i in range(40):
        compiled(i)
    raising()
    threads()
    unwarm_and_warm()
    signals()
    ж_имя = lambda: block()
    ж_имя()


main()
block()
with open(sys.argv[1], "w") as out:
    for mine, stack in truth:
        print(mine, *stack, sep="\t", file=out)
os._exit(0)
