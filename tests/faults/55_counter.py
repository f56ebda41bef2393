#!/usr/bin/python3
"""Counters that go on: a rain gauge that a power cut clears and a water meter
behind a plugin, while the gateway, its lines, its site and its store have their
troubles. No count is lost or told twice: each total in the store is one that
the device's count really stood for, and the last one is all there was.
"""
# timeout: 200
# san: no
import os
import random
import signal
import socket
import sqlite3
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import harness  # noqa: E402
import line_field as lf  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS", "24"))
SERIES = {1: "field/rain/rain", 2: "field/water/total"}
PER_COUNT = 0.1                     # mm and m3


class Counter:
    """A device that counts a little before each answer; `shown`: all that its
    answers stood for since the world began."""

    def __init__(self, dice):
        self.dice, self.lock = dice, threading.Lock()
        self.raw = self.total = 0
        self.shown, self.still = set(), False

    def read(self):
        with self.lock:
            if not self.still and self.shown:
                n = self.dice.choice((0, 1, 1, 2, 5))
                self.raw, self.total = self.raw + n, self.total + n
            self.shown.add(self.total)
            return self.raw

    def hold(self, still):
        with self.lock:
            self.still = still

    def cut_power(self):
        with self.lock:
            self.raw = 0


class Field:
    """A Modbus TCP server with a counter a unit."""

    def __init__(self, dice):
        self.units = {unit: Counter(dice) for unit in SERIES}
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            s, _ = self.listener.accept()
            threading.Thread(target=self._serve, args=(s,),
                             daemon=True).start()

    def _serve(self, s):
        try:
            while True:
                q = s.recv(12, socket.MSG_WAITALL)
                if len(q) < 12:
                    return
                word = self.units[q[6]].read()
                s.sendall(q[:4] + b"\0\5" + q[6:8] + b"\2" +
                          struct.pack(">H", word))
        except OSError:
            pass            # the gateway was killed

    def cut_power(self):
        for c in self.units.values():
            c.cut_power()

    def counted(self):
        """So much that two answers after a power cut are below it."""
        return all(c.raw > 2 * 5 for c in self.units.values())

    def hold(self, still):
        for c in self.units.values():
            c.hold(still)


def totals(d, unit):
    """Counts, in order of arrival."""
    return [round(v / PER_COUNT) for (v,) in harness.sqlite(
        d + "/store.db", "SELECT value FROM reading WHERE name = ? AND "
        "value IS NOT NULL ORDER BY seq", SERIES[unit])]


def caught_up(d, field):
    """Nothing counts any more, and the store has it all."""
    field.hold(True)
    return harness.wait_for(
        lambda: all(totals(d, u)[-1:] == [c.total]
                    for u, c in field.units.items()), 20)


def pid_of_line(g):
    return harness.wait_for(lambda: g.pids().get("line field"), 20)


class Troubles:
    """What may happen to a gateway; each leaves it running."""

    def __init__(self, d, g, field, dice):
        self.d, self.g, self.field, self.dice = d, g, field, dice
        self.kinds = [self.kill_core, self.kill_line, self.power_cut,
                      self.power_cut_and_kill, self.power_cut_while_down,
                      self.locked_and_kill_line, self.reload]
        self.unfinished = []

    def kill_core(self):
        self.g.kill9()
        time.sleep(self.dice.uniform(0, 0.5))
        self.g.start()

    def kill_line(self):
        pid = pid_of_line(self.g)
        os.kill(pid, signal.SIGKILL)
        harness.wait_for(lambda: pid_of_line(self.g) != pid, 20)

    def before_the_cut(self):
        """What the device counted and nobody stored goes with it: so it counts
        nothing now. What it shows afterwards is less, as after years."""
        if not harness.wait_for(self.field.counted, 20) or \
                not caught_up(self.d, self.field):
            self.unfinished.append({
                SERIES[u]: (totals(self.d, u)[-1:], c.total)
                for u, c in self.field.units.items()})

    def power_cut(self):
        """Of the device."""
        self.before_the_cut()
        self.field.cut_power()
        self.field.hold(False)

    def power_cut_and_kill(self):
        self.power_cut()
        time.sleep(self.dice.uniform(0, 0.6))
        self.kill_core()

    def power_cut_while_down(self):
        self.before_the_cut()
        self.g.kill9()
        self.field.cut_power()
        self.field.hold(False)
        self.g.start()

    def locked_and_kill_line(self):
        """The line's next process hears where it was though the store is in
        trouble."""
        db = sqlite3.connect(self.d + "/store.db", isolation_level=None,
                             timeout=10)
        db.execute("BEGIN IMMEDIATE")
        time.sleep(0.7)
        self.kill_line()
        time.sleep(1)
        db.execute("COMMIT")
        db.close()

    def reload(self):
        self.g.p.send_signal(signal.SIGHUP)
        n = self.g.log().count(": reloaded")
        harness.wait_for(lambda: self.g.log().count(": reloaded") > n, 20)


def judge(tap, d, unit, counter, rounds):
    got, name = totals(d, unit), SERIES[unit]
    back = [(a, b) for a, b in zip(got, got[1:]) if b < a]
    tap.ok(not back, "%s: %d totals, none lower than the one before: %s" %
           (name, len(got), back[:5]))
    never = [t for t in got if t not in counter.shown]
    tap.ok(not never, "%s: each total was true when it was read: %s" %
           (name, never[:5]))
    tap.ok(got and got[-1] == counter.total and counter.total > rounds,
           "%s: all counts are in the last total: %s of %d" %
           (name, got[-1:], counter.total))


def main():
    tap = harness.Tap()
    seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
    print("# SEED=%d" % seed)
    dice = random.Random(seed)
    field = Field(random.Random(seed + 1))
    with harness.tempdir() as d:
        profiles = lf.write_profile(d, "rain", {"rain": {
            "holding": 0, "type": "uint16", "scale": PER_COUNT,
            "kind": "counter", "unit": "mm", "accumulate": True}})
        site = lf.site(d, {"field": lf.tcp(field.port, {
            "rain": lf.device("rain", 1, "100ms"),
            "water": lf.device("pulse-counter", 2, "100ms", settings={
                "litres_per_pulse": 100, "register": 0, "bits": "16"})})})
        with harness.Gateway(d, site, profiles=profiles) as g:
            tap.ok(harness.wait_for(
                lambda: all(len(totals(d, u)) > 5 for u in SERIES), 20),
                "both counters are read")
            troubles = Troubles(d, g, field, dice)
            for i in range(ROUNDS):
                time.sleep(dice.uniform(0.1, 0.9))
                kind = troubles.kinds[i % len(troubles.kinds)] \
                    if i < len(troubles.kinds) else dice.choice(troubles.kinds)
                print("# %s" % kind.__name__, flush=True)
                kind()
            tap.ok(not troubles.unfinished, "the store always caught up: %s" %
                   troubles.unfinished)
            tap.ok(caught_up(d, field), "and did at the end")
            for unit, counter in field.units.items():
                judge(tap, d, unit, counter, ROUNDS)
            kept = harness.sqlite(d + "/store.db",
                                  "SELECT count(*) FROM kept")[0][0]
            tap.ok(kept == 2, "the store keeps one state a counter: %d" % kept)
    tap.finish()


main()
