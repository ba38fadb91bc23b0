"""The sums of the values of a pprof profile, after a look at what refers to what. protoc is not needed for that."""
import sys


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def fields(data):
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        value, at = varint(data, at)
        if tag & 7 == 2:
            value, at = data[at:at + value], at + value
        else:
            assert tag & 7 == 0, tag
        yield tag >> 3, value


def numbers(data):
    at = 0
    while at < len(data):
        value, at = varint(data, at)
        yield value


profile = {}
for field, value in fields(open(sys.argv[1], "rb").read()):
    profile.setdefault(field, []).append(value)
strings = [value.decode() for value in profile[6]]
assert strings[0] == ""
mappings = {dict(fields(m))[1] for m in profile[3]}
functions = {}
for function in profile[5]:
    parts = dict(fields(function))
    functions[parts[1]] = strings[parts[2]]
locations = {}
for location in profile[4]:
    parts = list(fields(location))
    assert dict(parts)[2] in mappings
    locations[dict(parts)[1]] = [functions[dict(fields(line))[1]] for field, line in parts if field == 4]
sums = [0] * len(profile[1])
for sample in profile[2]:
    parts = list(fields(sample))
    for field, value in parts:
        if field == 1:
            assert all(locations[number] for number in numbers(value))
        if field == 3:
            assert strings[dict(fields(value))[1]] in ("kind", "fingerprint")
    sums = [a + b for a, b in zip(sums, numbers(dict(parts)[2]), strict=True)]
print(*sums)
