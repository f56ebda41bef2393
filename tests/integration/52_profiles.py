#!/usr/bin/python3
"""Every profile that we ship, end to end: pymodbus serves registers filled at
random within the ranges, the gateway polls them, and what SQLite holds is what
a second reading of the same YAML (profile_model.py) makes of those registers:
scales, orders, curves, formulas, what is frozen; parts have no readings. And
nothing asks for more at once than the profile lets."""
# timeout: 120
import json
import math
import os
import random
import socket
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import harness  # noqa: E402
from profile_model import ON, Device, whole  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = harness.PROFILES
LINES = 6
SECONDS = 50
TRIES = 60
ONLY = os.environ.get("ONLY", "")   # "tuf": these alone, while one is written


# ---- registers within the ranges ----

def pick_scaled(p, least, most, rng):
    """A raw number whose scaled value lies between."""
    low, high = sorted(((v - float(p.offset)) / float(p.scale)
                        for v in (least, most)))
    bits = p.width() - p.shift
    if p.mask is not None:
        bits = (p.mask >> p.shift).bit_length()
    signed = p.type.startswith("int") and p.mask is None
    low = max(math.ceil(low), -(1 << (bits - 1)) if signed else 0)
    high = min(math.floor(high), (1 << (bits - signed)) - 1)
    if p.type.startswith("bcd"):
        high = min(high, 10 ** (p.width() // 4) - 1)
        return int(str(rng.randint(low, max(low, high))), 16)
    return rng.randint(low, max(low, high)) & ((1 << bits) - 1)


def pick(p, rng):
    """Words for a point, most likely good ones."""
    if p.bit:
        return [rng.randint(0, 1)]
    if p.type == "string":
        text = "".join(rng.choice("ABCxyz0189-.") for _ in range(2 * p.count))
        return list(struct.unpack(">%dH" % p.count, text.encode()))
    if p.on:
        return [rng.choice(p.on + [0, 0xFFFF])]
    if p.type == "bool":
        return p.words(rng.choice([0, 1 if p.mask is None else
                                   p.mask >> p.shift]))
    if "enum" in p.spec:
        return p.words(whole(rng.choice(list(p.spec["enum"]))) &
                       ((1 << p.width()) - 1))
    least, most = p.range or (-1e4, 1e4)
    if "polynomial" in p.spec:
        least, most = 0, 1e6
    elif "table" in p.spec:
        least, most = (float(p.spec["table"][i][0]) for i in (0, -1))
    if p.type in ("float32", "float64"):
        raw = rng.uniform(least, most) / float(p.scale) - float(p.offset)
        size = p.width() // 8
        return p.words(int.from_bytes(struct.pack(
            ">f" if size == 4 else ">d", raw), "big"))
    if not p.range and "table" not in p.spec and p.scale == 1:
        least, most = -1 << 62, 1 << 62     # all that the type holds
    return p.words(pick_scaled(p, least, most, rng))


def shows_off(p):
    """Words of a state that say off."""
    return next(w for w in ([0], [1], [0xFFFE]) if not p.decode(w)[0])


def rest(p, put):
    """An output in its safe state, and what else of it may be written."""
    word = int(p.safe) if not p.on else p.on[0] if p.safe else p.off or 0
    put(p.table, p.addr, [word],
        p.mask if p.mask is not None and p.count == 1 else 0xFFFF)
    if "close" in p.spec:
        put(p.table, whole(p.spec["close"]), [0])
    timer = p.spec.get("timer", {})
    for table in ("coil", "holding"):
        if table in timer:
            put(table, whole(timer[table]), [0] * len(timer.get("write", "1")))


def fill(device, rng):
    memory = {"holding": {}, "input": {}, "coil": {}, "discrete": {}}

    def put(table, addr, words, mask=0xFFFF):
        for i, w in enumerate(words):
            old = memory[table].get(addr + i, 0)
            memory[table][addr + i] = (old & ~mask) | w if mask != 0xFFFF \
                else w

    for p in device.points.values():
        if p.formula:
            continue
        # Fields of one register are laid beside each other.
        field = p.mask if p.mask is not None and p.count == 1 else 0xFFFF
        put(p.table, p.addr, pick(p, rng), field)
    outputs = [p for p in device.points.values() if p.output]
    for p in outputs:
        if "confirm" in p.spec and not p.safe:
            state = device.points[p.spec["confirm"]]
            put(state.table, state.addr, shows_off(state))
    for p in outputs:
        rest(p, put)
    for table, addr, word in device.setup():
        put(table, addr, [word])
    for used in memory.values():        # what may be read over is there
        known = sorted(used)
        for a, b in zip(known, known[1:]):
            if b - a - 1 <= device.bridge:
                used.update((g, 0xDEAD if used is memory["holding"] or
                             used is memory["input"] else 1)
                            for g in range(a + 1, b))
    return memory


def filled(device, rng):
    """Of several fillings the one with most good readings."""
    best = None
    for _ in range(TRIES):
        memory = fill(device, rng)
        readings = device.readings(memory)
        good = sum(v is not None for v, _ in readings.values())
        if best is None or good > best[0]:
            best = good, memory, readings
        if good == len(readings):
            break
    return best[1], best[2]


# ---- the gateway on them ----

def site(d, port, devices):
    text = ("gateway:\n  id: library\n  clock: {trust: system}\n"
            "store: {path: %s/store.db, commit: 500ms}\nlines:\n" % d)
    for line in range(LINES):
        mine = devices[line::LINES]
        if not mine:
            continue
        text += ("  l%d:\n    transport: tcp\n    host: 127.0.0.1:%d\n"
                 "    timeout: 3s\n    devices:\n" % (line, port))
        for unit, dev in mine:
            text += "      u%d: {type: %s, unit: %d, every: 10s%s}\n" % (
                unit, dev.name, unit,
                ", variant: " + dev.variant if dev.variant else "")
    return text


def last_rows(path):
    """Unit and point to (value, quality, reason) of the last reading."""
    rows = {}
    for name, value, quality, reason in harness.sqlite(
            path, "SELECT name, value, quality, reason FROM reading WHERE "
            "seq IN (SELECT max(seq) FROM journal GROUP BY series)"):
        _, unit, point = name.split("/")
        rows[int(unit[1:]), point] = value, quality, reason
    return rows


def same(a, b):
    if isinstance(a, str) or isinstance(b, str):
        return str(a) == str(b)     # beyond 63 bits SQLite keeps the digits
    if a is None or b is None:
        return a is b
    if isinstance(a, int):
        return a == b
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)


def differs(want, row):
    """What is wrong with a row, or ''."""
    value, reason = want
    if row is None:
        return "no reading, should be %r" % (value,)
    got, quality, why = row
    if value is None:
        right = quality == "bad" and got is None and why == reason
    elif reason == "frozen":
        right = quality == "uncertain" and why in ("frozen", "warm_up") and \
            same(value, got)
    else:
        right = same(value, got) and (quality == "good" or why == "warm_up")
    return "" if right else "%r %s %s, should be %r %s" % (
        got, quality, why, value, reason)


def as_served(served, rows):
    return not any(differs(w, rows.get((u, n)))
                   for u, (_, readings) in served.items()
                   for n, w in readings.items())


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def judge(tap, unit, device, expected, rows):
    title = device.name + (" as " + device.variant if device.variant else "")
    wrong = ["%s: %s" % (n, differs(w, rows.get((unit, n))))
             for n, w in expected.items() if differs(w, rows.get((unit, n)))]
    parts = [n for n, p in device.points.items()
             if p.part and (unit, n) in rows]
    if parts:
        wrong.append("parts with readings: " + ", ".join(parts))
    tap.ok(not wrong, "%s: %d readings are what was served%s" % (
        title, len(expected), "".join("; " + w for w in wrong[:5])))


def library():
    devices = []
    for file in sorted(os.listdir(FOLDER)):
        if file.endswith(".yaml") and ONLY in file:
            plain = Device(FOLDER, file[:-5])
            devices += [plain] + [Device(FOLDER, plain.name, v)
                                  for v in plain.variants]
    return list(enumerate(devices, 1))


def main():
    tap = harness.Tap()
    rng = random.Random(int(os.environ.get("SEED", "4")))
    devices = library()
    served = {u: filled(dev, rng) for u, dev in devices}
    port = harness.free_port()
    with harness.tempdir() as d:
        with open(d + "/units.json", "w") as f:
            json.dump({u: dict(memory, registers=dev.registers,
                               coils=dev.coils)
                       for (u, dev), (memory, _) in zip(devices,
                                                        served.values())}, f)
        field = subprocess.Popen(
            ["/usr/bin/python3", HERE + "/pymodbus_field.py", "units",
             str(port), d + "/units.json"], stdout=open(d + "/asked", "w"),
            preexec_fn=harness.die_with_us)
        try:
            harness.wait_for(lambda: listens(port), 20)
            with harness.Gateway(d, site(d, port, devices)):
                harness.wait_for(
                    lambda: as_served(served, last_rows(d + "/store.db")),
                    SECONDS, step=0.5)
                rows = last_rows(d + "/store.db")
        finally:
            field.kill()
            field.wait()
        for u, dev in devices:
            judge(tap, u, dev, served[u][1], rows)
        readings = [r for _, found in served.values() for r in found.values()]
        bad = sum(v is None for v, _ in readings)
        tap.ok((ONLY or len(devices) >= 50) and bad < len(readings) / 20,
               "%d devices, %d readings, %d of them bad by what was served" %
               (len(devices), len(readings), bad))
        with open(d + "/asked") as f:
            asked = sorted(set(f.read().splitlines()))
        names = dict((u, dev.name) for u, dev in devices)
        tap.ok(not asked, "nothing asks for more at once than the device "
               "gives: %s" % ["%s (%s)" % (a, names[int(a.split()[1][:-1])])
                              for a in asked[:5]])
    tap.finish()


main()
