# owners.py: objects of some two hundred kinds each hold an object that nothing else does. Nothing leaks.
import gc, os, sys, weakref, collections, functools, itertools, operator, types, io, array, threading
import contextvars, re, struct, csv, pickle, decimal, datetime, queue, zlib, xml.parsers.expat, ctypes
import ast, typing, enum, dataclasses, asyncio, sqlite3, xml.etree.ElementTree as ET, copy, random, abc
import contextlib, logging, fractions, collections.abc, hashlib, socket, select
class V:                       # the thing held once
    def __init__(self, tag): self.tag = tag
    def __call__(self, *a, **k): return None
    def __iter__(self): return iter(())
    def __index__(self): return 1
    def __hash__(self): return 7
    def __lt__(self, o): return False
    def write(self, b): return len(b)
def v(tag): return V(tag)
keep = []
def hold(tag, f):
    try: keep.append(f(v(tag)))
    except AttributeError: pass         # this version has none
def sub(base, *a):
    class S(base): __slots__ = ('x', 'y')
    def make(o):
        s = S(*a); s.x = o; s.y = v(base.__name__ + '.y'); return s
    return make
def subd(base, *a):
    class D(base): pass
    def make(o):
        s = D(*a); s.x = o; s.more = v(base.__name__ + '.more'); return s
    return make
for b in (str, float, complex, list, dict, set, frozenset, Exception, collections.deque, collections.OrderedDict, bytearray, object, property, types.ModuleType, collections.defaultdict, random.Random, datetime.date, datetime.datetime, decimal.Decimal, io.BytesIO, io.StringIO, threading.local):
    a = {types.ModuleType: ('m',), datetime.date: (2020, 1, 1), datetime.datetime: (2020, 1, 1)}.get(b, ())
    hold(b.__name__ + '.slots', sub(b, *a))
hold(b.__name__ + '.dict', subd(b, *a))
hold('str.slots2', sub(str, "a somewhat longer text" * 5))
hold('str.slots3', sub(str, "\u1234 wide" * 5))
for b, a in ((int, (10**30,)), (bytes, (b'x' * 50,)), (tuple, ((1, 2, 3),)), (str, ('abc' * 30,)), (int, (5,)), (bytes, (b'',)), (tuple, ((),))): hold(b.__name__ + '.d2', subd(b, *a))
class R(weakref.ref):
    __slots__ = ('k',)
anchor = v('anchor')
def ref(o): r = R(anchor, None); r.k = o; return r
hold('ref.slot', ref)
hold('ref.cb', lambda o: weakref.ref(anchor, o))
hold('proxy.cb', lambda o: weakref.proxy(anchor, o))
hold('finalize', lambda o: weakref.finalize(anchor, o, v('fin.arg')))
hold('wvd', lambda o: weakref.WeakKeyDictionary({anchor: o}))
hold('partial', lambda o: functools.partial(o, v('pa'), k=v('pk')))
hold('lru', lambda o: (lambda f: (f(o), f)[1])(functools.lru_cache(None)(lambda x: v('lru-result'))))
hold('lru4', lambda o: (lambda f: (f(o), f(v('lru-b')), f)[2])(functools.lru_cache(4)(lambda x: v('lru-result'))))
hold('cmp_to_key', lambda o: functools.cmp_to_key(o)(v('cmpk')))
hold('count', lambda o: itertools.chain([o], [v('c')]))
hold('cycle', lambda o: (lambda c: (next(c), c)[1])(itertools.cycle([o, v('cy')])))
hold('repeat', itertools.repeat)
hold('islice', lambda o: itertools.islice([o], 1))
hold('starmap', lambda o: itertools.starmap(o, [v('st')]))
hold('tee', lambda o: itertools.tee(iter([o, v('te')])))
hold('tee2', lambda o: (lambda t: (next(t[0]), t)[1])(itertools.tee(iter([o, v('te')]))))
hold('product', lambda o: (lambda t: (next(t), t)[1])(itertools.product([o], [v('pr')])))
hold('perm', lambda o: (lambda t: (next(t), t)[1])(itertools.permutations([o, v('pe')])))
hold('comb', lambda o: (lambda t: (next(t), t)[1])(itertools.combinations([o, v('co'), v('cc')], 2)))
hold('zipl', lambda o: itertools.zip_longest([1], [2, 3], fillvalue=o))
hold('group', lambda o: (lambda t: (next(t), t)[1])(itertools.groupby([o, v('g')])))
hold('acc', lambda o: (lambda t: (next(t), t)[1])(itertools.accumulate([o, v('ac')])))
hold('pairwise', lambda o: (lambda t: (next(t), t)[1])(itertools.pairwise([o, v('pw'), v('pz')])))
hold('dropw', lambda o: itertools.dropwhile(o, [v('dw')]))
hold('filt', lambda o: filter(o, [v('fi')]))
hold('mapp', lambda o: map(o, [v('ma')]))
hold('zipp', lambda o: (lambda t: (next(t), t)[1])(zip([o], [v('zi')])))
hold('enum', lambda o: enumerate([o]))
hold('rev', lambda o: reversed([o]))
hold('it', lambda o: iter([o]))
hold('itd', lambda o: iter({1: o}.items()))
hold('its', lambda o: iter({o}))
hold('itt', lambda o: iter((o,)))
hold('callit', lambda o: iter(o, v('sentinel')))
hold('slice', lambda o: slice(o, v('sl'), v('sm')))
hold('batched', lambda o: itertools.batched([o], 2))
hold('compress', lambda o: itertools.compress([o], [1]))
hold('genx', lambda o: (x for x in [o]))
hold('method', lambda o: types.MethodType(o, v('self')))
hold('builtin', lambda o: [o].append)
hold('stat', lambda o: [o] + [os.stat('.') for _ in range(20)])
hold('wrapper', lambda o: o.__eq__)
hold('cm', classmethod)
hold('sm', staticmethod)
hold('prop', lambda o: property(o, v('p2'), v('p3')))
hold('cell', types.CellType)
hold('ns', lambda o: types.SimpleNamespace(a=o))
hold('mproxy', lambda o: types.MappingProxyType({'a': o}))
hold('ga', lambda o: types.GenericAlias(list, (o,)))
hold('super', lambda o: super(V, o))
hold('views', lambda o: {1: o}.values())
hold('items', lambda o: {o: v('vv')}.items())
hold('memview', lambda o: (lambda ba: memoryview(ba)[1:3])(subd(bytearray, b'abcdef')(o)))
hold('array', lambda o: array.array('d', [1.0]))
hold('excn', lambda o: ValueError(o, v('a2')))
def exc(o):
    try: raise KeyError(o) from ValueError(v('cause'))
    except KeyError as e: e.add_note("n") ; return e
hold('exc', exc)
def ctxexc(o):
    try:
        try: raise KeyError(o)
        finally: raise RuntimeError(v('x'))
    except RuntimeError as e: return e
hold('ctxexc', ctxexc)
hold('eg', lambda o: ExceptionGroup('g', [ValueError(o)]))
hold('stop', lambda o: StopIteration(o))
hold('oserr', lambda o: OSError(1, o, v('fn')))
hold('sysexit', lambda o: SystemExit(o))
hold('import', lambda o: ImportError('a', name=o, path=v('ip')))
hold('attr', lambda o: AttributeError('x', name='n', obj=o))
hold('nameerr', lambda o: NameError('x', name=o))
hold('uni', lambda o: UnicodeDecodeError('ascii', b'\xff' * 40, 0, 1, 'r'))
hold('syn', lambda o: SyntaxError(o, ('f', 1, 2, v('text'))))
def frame(o):
    w = v('frame.w'); l = [o]
    return sys._getframe()
hold('frame', frame)
def gen(o):
    def g(a):
        b = v('gen.b')
        for i in [v('gen.i')]:
            with contextlib.nullcontext(v('gen.cm')):
                c = (a, b); yield c
    it = g(o); next(it); return it
hold('gen', gen)
def gen0(o):
    def g(a): yield a
    return g(o)
hold('gen0', gen0)
def genfrom(o):
    def g(a): yield from [a, v('yf')]
    it = g(o); next(it); return it
hold('genfrom', genfrom)
def coro(o):
    @types.coroutine
    def y(): yield v('yielded')
    async def c(a):
        b = v('coro.b'); await y(); return b
    x = c(o); x.send(None); return x
hold('coro', coro)
def agen(o):
    async def a(p):
        b = v('agen.b'); yield b
    x = a(o); y = x.asend(None)
    try: y.send(None)
    except StopIteration: pass
    return x, x.asend(v('asend'))
hold('agen', agen)
cv = contextvars.ContextVar('cv', default=v('cvdefault'))
hold('cvset', cv.set); 
def ctx(o):
    c = contextvars.copy_context(); c.run(cv.set, o); return c
hold('ctx', ctx)
for i in range(40): hold('cv%d' % i, contextvars.ContextVar('cvx%d' % i).set)
hold('closure', lambda o: (lambda: o))
hold('defaults', lambda o: eval('lambda a=o: a', {'o': o})); 
def kwd(o):
    def f(*, k=o) -> v('ann'): pass
    f.attr = v('fattr'); return f
hold('kwd', kwd)
hold('defdict', lambda o: collections.defaultdict(o, {1: v('dd')}))
hold('od', lambda o: collections.OrderedDict([(v('k'), o), (1, v('v'))]))
hold('deque', lambda o: collections.deque([o] + [v('dq%d' % i) for i in range(150)], 200)); 
def dq2(o):
    d = collections.deque([o]); [d.append(v('d')) for i in range(200)]; [d.popleft() for i in range(70)]; [d.appendleft(v('e')) for i in range(90)]; d.rotate(31); return d
hold('dq2', dq2)
hold('deqit', lambda o: iter(collections.deque([o])))
hold('counter', lambda o: collections.Counter([o]))
hold('chainmap', lambda o: collections.ChainMap({1: o}))
NT = collections.namedtuple('NT', 'a b')
hold('nt', lambda o: NT(o, v('b')))
hold('ig', lambda o: operator.itemgetter(o, v('i2')))
hold('mc', lambda o: operator.methodcaller('f', o, k=v('mk')))
hold('sq', lambda o: (lambda q: (q.put(o), q)[1])(queue.SimpleQueue()))
hold('q', lambda o: (lambda q: (q.put(o), q)[1])(queue.Queue()))
hold('csvr', lambda o: csv.reader(o))
hold('csvw', lambda o: csv.writer(o))
hold('pickler', lambda o: (lambda p: (p.memo, p)[1])(pickle.Pickler(o)))
hold('unp', lambda o: pickle.Unpickler(io.BytesIO(b'')))
hold('expat', lambda o: (lambda p: (setattr(p, 'StartElementHandler', o), setattr(p, 'EndElementHandler', v('eh')), p)[2])(xml.parsers.expat.ParserCreate()))
hold('pyobj', lambda o: ctypes.py_object(o))
hold('cfunc', lambda o: ctypes.CFUNCTYPE(ctypes.c_int)(o))
hold('pyarr', lambda o: (ctypes.py_object * 3)(o, v('pa1'), v('pa2')))
hold('cptr', lambda o: ctypes.pointer(ctypes.c_int(5)))
class St(ctypes.Structure): _fields_ = [('a', ctypes.c_char), ('o', ctypes.py_object), ('p', ctypes.c_char_p)]
hold('cstruct', lambda o: St(b'a', o, b'0123456789' * 5))
hold('ast', lambda o: ast.Constant(value=o))
hold('asttree', lambda o: ast.parse("a = 1\ndef f(x): return x+1"))
hold('element', lambda o: (lambda e: (e.set('k', 'v'), setattr(e, 'text', o), e.append(ET.Element('c', {'a': 'b'})), e)[3])(ET.Element('x')))
hold('tb', lambda o: ET.TreeBuilder(o))
hold('etiter', lambda o: ET.fromstring('<a><b/><c>t</c>u</a>').iter())
hold('sqlite', lambda o: (lambda c: (c.create_function('f', 1, o), c.set_trace_callback(v('trace')), c.execute('select 1'), c)[3])(sqlite3.connect(':memory:')))
hold('tz', lambda o: datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=1), 'nm')))
hold('time', lambda o: datetime.time(1, 2, tzinfo=datetime.timezone(datetime.timedelta(seconds=70))))
hold('textio', lambda o: io.TextIOWrapper(io.BufferedRandom(subd(io.BytesIO, b'abc')(o))))
hold('strio', lambda o: io.StringIO("abc"*100))
hold('bio', lambda o: io.BytesIO(b"abc" * 200))
hold('rematch', lambda o: re.match('(a)(b)?', 'ab' * 40))
hold('rescan', lambda o: re.finditer('a', 'aaa' * 30))
hold('struct', lambda o: struct.Struct('iii'))
hold('dec', lambda o: decimal.Decimal('1.' + '1' * 200))
hold('decctx', lambda o: decimal.Context(prec=5))
hold('frac', lambda o: fractions.Fraction(1, 3))
hold('zlib', lambda o: zlib.compressobj())
hold('zd', lambda o: (lambda d: (d.decompress(zlib.compress(b'a' * 100) + b'tail' * 20), d)[1])(zlib.decompressobj()))
hold('hash', lambda o: hashlib.sha256(b'a'))
class Meta(type):
    def __call__(cls, *a): return super().__call__(*a)
def cls(o):
    class A(metaclass=Meta):
        held = o; __slots__ = ('s',)
        @functools.cached_property
        def cp(self): return 1
    A.later = v('later'); a = A(); a.s = v('A.s'); return a
hold('cls', cls)
@dataclasses.dataclass
class DC: a: object; b: list = dataclasses.field(default_factory=list)
hold('dc', DC)
class E(enum.Enum): A = v('enumA'); B = v('enumB')
hold('typing', lambda o: typing.Dict[str, typing.List[int]])
hold('tv', lambda o: typing.TypeVar('T', bound=V))
hold('union', lambda o: int | str | V)
hold('ann', lambda o: typing.Annotated[int, o])
async def amain():
    lp = asyncio.get_running_loop(); f = lp.create_future(); f.add_done_callback(v('cb1')); f.add_done_callback(v('cb2')); keep.append(f)
    async def w(a): b = v('task.b'); await f
    t = asyncio.create_task(w(v('task'))); await asyncio.sleep(0); keep.append(t)
    g = lp.create_future(); g.set_result(v('result')); keep.append(g); h = lp.create_future(); h.set_exception(ValueError(v('fexc'))); keep.append(h)
loop = asyncio.new_event_loop(); loop.run_until_complete(amain())
th_ready = threading.Event(); th_end = threading.Event()
def th(o):
    tl = threading.local(); tl.x = v('tl'); a = [o]; th_ready.set(); th_end.wait()
hold('thread', lambda o: (lambda t: (t.start(), t)[1])(threading.Thread(target=th, args=(o,), daemon=True))); th_ready.wait()
hold('logging', lambda o: logging.LogRecord('n', 1, 'p', 2, o, (v('larg'),), None))
hold('sock', lambda o: socket.socket())
hold('poll', lambda o: (lambda p: (p.register(0), p)[1])(select.poll()))
hold('bigdict', lambda o: {i: v(i) for i in range(3000)})
hold('bigset', lambda o: {object() for i in range(3000)})
hold('dictdel', lambda o: (lambda d: ([d.pop(i) for i in range(40, 100)], d)[1])({i: v(i) for i in range(100)}))
hold('listpop', lambda o: (lambda l: ([l.pop() for i in range(50)], l)[1])([v(i) for i in range(100)]))
hold('setdel', lambda o: (lambda l: ([l.pop() for i in range(50)], l)[1])({object() for i in range(100)})); 
hold('split', lambda o: [setattr(x, 'a%d' % i, v('at')) or x for x in [v('sp') for _ in range(5)] for i in range(8)])
hold('manyattr', lambda o: [setattr(o, 'a%d' % i, v('ma')) for i in range(60)] and o)
def delattrs(o):
    for i in range(10): setattr(o, 'z%d' % i, v('z'))
    for i in range(0, 10, 2): delattr(o, 'z%d' % i)
    return o, o.__dict__
hold('delattr', delattrs)
hold('copy', lambda o: copy.deepcopy({'a': [1, {2: (3, [4])}]}))
hold('strs', lambda o: ['%d text' % i for i in range(2000)])
hold('ints', lambda o: [10**18 + i for i in range(2000)])
hold('floats', lambda o: [i * 1.5 for i in range(500)])
exec(compile("def made(o, q=v('q')):\n  x=o\n  def inner(): return x\n  return inner\n", "made.py", "exec"))
hold('made', lambda o: made(o))
def match(o):
    match {'a': o}:
        case {'a': x, **rest}: return x, rest
hold('match', match)
os._exit(0)
