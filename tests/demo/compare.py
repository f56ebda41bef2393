"""Whether what is in the store and at the broker is what the field served."""
import json
import math
import os
import time

import harness
import yaml
from profile_model import Device, Formula

LOOK_S = 10         # at least: more readings to compare
AROUND_MS = 1500    # an answer is stamped soon after it was served


def same(a, b):
    if isinstance(a, bool) or isinstance(b, bool):
        return int(a) == int(b) if not isinstance(a, str) and \
            not isinstance(b, str) else a == b
    if isinstance(a, float) or isinstance(b, float):
        try:
            return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
        except TypeError:
            return False
    return a == b


def read_truth(path):
    """Point to [(ms, value)], in the order of serving."""
    truth = {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            if not line.endswith("\n"):
                break       # being written
            t = json.loads(line)
            truth.setdefault(t["point"], []).append((t["ts"], t["value"]))
    return truth


def served(truth, point, ts):
    """The (ms, value) that a reading of this time was, or None."""
    before = [x for x in truth.get(point, []) if
              ts - AROUND_MS <= x[0] <= ts + 20]
    return before[-1] if before else None


def latest(truth, point, ts):
    """What the field served last before then, however long ago."""
    before = [v for at, v in truth.get(point, []) if at <= ts + 20]
    return before[-1] if before else None


class Made:
    """Points that no device serves: their formulas, worked out a second time
    from what it served of the others."""

    def __init__(self):
        here = os.path.dirname(os.path.abspath(__file__))
        with open(here + "/site.yaml", encoding="utf-8") as f:
            lines = yaml.load(f, yaml.BaseLoader)["lines"]
        self.devices = {
            "%s/%s" % (line, name): Device(harness.PROFILES, d["type"])
            for line, it in lines.items()
            for name, d in it["devices"].items()}

    def is_made(self, point):
        return bool(self._point(point).formula)

    def _point(self, point):
        device, _, name = point.rpartition("/")
        return self.devices[device].points[name]

    def value(self, truth, point, ts):
        """(ms, value), or None."""
        device, p = point.rpartition("/")[0], self._point(point)
        if not p.formula:
            v = latest(truth, point, ts)
            return None if v is None else (ts, v)
        f, values = Formula(p.formula), {}
        for name in f.names:
            got = self.value(truth, device + "/" + name, ts)
            if got is None:
                return None
            values[name] = got[1]
        v = f.value(values)
        return None if v is None else (ts, v)


def stored(demo):
    rows = demo.store("SELECT name, ts_ms, value, quality, reason "
                      "FROM reading ORDER BY seq")
    return {(n, ts): (v, q, r) for n, ts, v, q, r in rows}


def compare(truth, made, store, heard):
    """What differs, in words; and the points seen right on all three sides."""
    wrong, right = [], {}
    for (point, ts), (value, quality, reason) in store.items():
        if value is None:
            continue
        field = made.value(truth, point, ts) if made.is_made(point) else \
            served(truth, point, ts)
        if field is None:
            wrong.append("%s at %d: stored %r, but the field served nothing "
                         "then" % (point, ts, value))
        elif not same(field[1], value):
            wrong.append("%s at %d: stored %r, served %r" % (
                point, ts, value, field[1]))
        elif (point, ts) in heard:
            right.setdefault(point, []).append((ts, value))
    for (point, ts), value in heard.items():
        if (point, ts) not in store:
            # Committed before it was sent, so it must be there.
            wrong.append("%s at %d: the broker has %r, the store has nothing"
                         % (point, ts, value))
        elif not same(store[point, ts][0], value):
            wrong.append("%s at %d: the broker has %r, the store %r" % (
                point, ts, value, store[point, ts][0]))
    return wrong, right


def show(value):
    return "%.6g" % value if isinstance(value, float) else str(value)


def report(names, store, heard, right):
    print("%-34s %10s %7s %7s  %s" % ("point", "last", "stored", "broker",
                                      "as served"))
    for name in names:
        n = sum(1 for p, _ in store if p == name)
        m = sum(1 for p, _ in heard if p == name)
        ok = right.get(name, [])
        print("%-34s %10s %7d %7d  %s" % (
            name, show(ok[-1][1]) if ok else "-", n, m,
            "%d of %d" % (len(ok), m) if ok else "NOT SEEN"))
    bad = [(p, r[2]) for (p, _), r in store.items() if r[0] is None]
    if bad:
        print("%d readings were bad: %s" % (len(bad), ", ".join(
            sorted({"%s (%s)" % x for x in bad})[:5])))


def check(demo, deadline_s):
    """0 once every point was seen right everywhere."""
    began = time.monotonic()
    deadline = began + deadline_s
    names, right, wrong, made = [], {}, [], Made()
    while not wrong and time.monotonic() < deadline:
        time.sleep(0.5)
        demo.broker.listen()
        if demo.gateway.p.poll() is not None:
            wrong = ["gatewayd has ended with %s" % demo.gateway.p.returncode]
            break
        names = list(demo.gateway.points())
        # The broker first, the truth last: each knows all of the one before.
        heard = dict(demo.broker.readings)
        store = stored(demo)
        truth = read_truth(demo.truth_path)
        wrong, right = compare(truth, made, store, heard)
        if names and all(n in right for n in names) and \
                time.monotonic() - began > LOOK_S:
            break
    report(names, store, heard, right)
    missing = [n for n in names if n not in right]
    if demo.broker.state != "online":
        wrong.append("the broker has the gateway as %s" % demo.broker.state)
    for w in wrong[:20]:
        print("differs: " + w)
    if missing or not names:
        print("not seen in time: %s" % (", ".join(missing) or "any point"))
    if wrong or missing or not names:
        return 1
    print("every one of %d points went from the field through the store to "
          "the broker: %d readings compared, none differs" % (
              len(names), sum(map(len, right.values()))))
    return 0
