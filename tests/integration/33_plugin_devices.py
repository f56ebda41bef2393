#!/usr/bin/python3
"""The plugins shipped, in a running gateway: a drive whose command register
cannot be read, a valve of two relays, a pulse counter and a weather mast. Their
interlocks hold, a stop of the gateway stops and closes them, and what they
must remember outlives it."""
# timeout: 150
import os
import socketserver
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import harness  # noqa: E402

SITE = """gateway: {{id: plugins, clock: {{trust: system}}}}
store: {{path: "{d}/store.db", commit: 200ms}}
lines:
  head:
    transport: tcp
    host: "127.0.0.1:{port}"
    timeout: 500ms
    devices:
      pump:
        type: invt-gd
        unit: 1
        every: 500ms
        settings: {{max_frequency: 48, stop_time: 0.2}}
      valve:
        type: motor-valve
        unit: 2
        every: 300ms
        settings: {{open_coil: 0, close_coil: 1, travel: 2}}
      meter:
        type: pulse-counter
        unit: 3
        every: 500ms
        settings: {{litres_per_pulse: 10, register: 60, table: input,
          rate_over: 1}}
      mast: {{type: weather-mast, unit: 4, every: 500ms}}
"""
COMMAND, FREQUENCY, STATUS = 0x2000, 0x2001, 0x2100


class Head:
    """Units 1 to 4: registers and coils, and what becomes of them when they
    are written."""

    def __init__(self):
        self.lock = threading.Lock()
        self.holding = {(1, STATUS): 3, (1, STATUS + 1): 1,
                        (1, STATUS + 2): 0}
        self.input = {(3, 60): 0, (3, 61): 1000}
        self.coils = {(2, 0): 0, (2, 1): 0}
        self.words, self.both = [], False
        for a in range(0x3000, 0x3008):
            self.holding[1, a] = 0
        for a in range(500, 514):
            self.holding[4, a] = {509: 1013}.get(a, 0)

    def read(self, unit, table, addr, count):
        if any((unit, addr + i) not in table for i in range(count)):
            return None
        return [table[unit, addr + i] for i in range(count)]

    def write_register(self, unit, addr, word):
        if unit == 1 and addr == COMMAND:
            self.words.append(word)
            state = {1: 1, 5: 3}.get(word)
            if state and self.holding[1, STATUS] != 4:
                self.holding[1, STATUS] = state
            return True
        if unit == 1 and addr == FREQUENCY:
            self.holding[1, 0x3001] = word
            return True
        return False

    def answer(self, unit, pdu):
        function, addr, n = struct.unpack(">BHH", pdu[:5])
        with self.lock:
            if function in (3, 4):
                words = self.read(unit, self.holding if function == 3 else
                                  self.input, addr, n)
                if words is not None:
                    return struct.pack(">BB%dH" % n, function, 2 * n, *words)
            if function == 1:
                bits = self.read(unit, self.coils, addr, n)
                if bits is not None and n <= 8:
                    return struct.pack(">BBB", 1, 1, sum(
                        b << i for i, b in enumerate(bits)))
            if function == 5 and (unit, addr) in self.coils:
                self.coils[unit, addr] = n == 0xFF00
                self.both |= all(self.coils.values())
                return pdu
            if function == 6 and self.write_register(unit, addr, n):
                return pdu
        return struct.pack(">BB", function | 0x80, 2)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


def serve(head):
    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            while True:
                mbap = self.rfile.read(7)
                if len(mbap) < 7:
                    return
                tid, _, length, unit = struct.unpack(">HHHB", mbap)
                pdu = head.answer(unit, self.rfile.read(length - 1))
                self.wfile.write(struct.pack(">HHHB", tid, 0, len(pdu) + 1,
                                             unit) + pdu)

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def value(g, point):
    p = g.points().get("head/" + point, {})
    return None if p.get("quality") == "bad" else p.get("value")


def becomes(tap, g, point, want, seconds=10):
    got = harness.wait_for(lambda: value(g, point) == want and [want], seconds)
    tap.ok(got, "%s is %s%s" % (point, want, "" if got else
                                ", not %r" % value(g, point)))


def write(g, point, *args):
    return g.ctl("write", "head/" + point, *args)


def drive(tap, head, g):
    becomes(tap, g, "pump/state", "stopped")
    r = write(g, "pump/frequency_setpoint", "42.5")
    tap.ok(r.returncode == 0 and head.holding[1, 0x3001] == 4250,
           "the frequency is set: " + r.stdout + r.stderr)
    r = write(g, "pump/frequency_setpoint", "48.5")
    tap.ok(r.returncode == 1 and "from 0.00 to 48.00 Hz" in
           r.stdout + r.stderr, "not beyond its limit: " + r.stderr)
    r = write(g, "pump/run", "on", "--for", "1min")
    tap.ok(r.returncode == 0 and head.words[-1:] == [1],
           "it is started: " + r.stdout + r.stderr)
    becomes(tap, g, "pump/state", "forward")
    r = write(g, "pump/run", "off")
    tap.ok(r.returncode == 0 and head.words[-1] == 5,
           "and stopped: " + r.stdout + r.stderr)
    with head.lock:
        head.holding[1, STATUS], head.holding[1, STATUS + 2] = 4, 35
    becomes(tap, g, "pump/fault", "35, STo: maladjustment")
    n = len(head.words)
    r = write(g, "pump/run", "on", "--for", "1min")
    tap.ok(r.returncode == 1 and "STo: maladjustment" in r.stdout + r.stderr
           and 1 not in head.words[n:],
           "not started with a fault: " + r.stderr)
    r = write(g, "pump/run", "off")
    tap.ok(r.returncode == 0, "but stopped: " + r.stdout + r.stderr)
    with head.lock:
        head.holding[1, STATUS], head.holding[1, STATUS + 2] = 3, 0
    becomes(tap, g, "pump/fault", "none")


def valve(tap, head, g):
    r = write(g, "valve/valve", "on", "--for", "1min")
    tap.ok(r.returncode == 0 and head.coils[2, 0] and not head.coils[2, 1],
           "the valve is opened: " + r.stdout + r.stderr)
    becomes(tap, g, "valve/position", "moving", 1.5)
    becomes(tap, g, "valve/position", "open")


def meter(tap, head, g):
    becomes(tap, g, "meter/total", 0)
    with head.lock:
        head.input[3, 61] = 1037
    becomes(tap, g, "meter/total", 0.37)
    with head.lock:
        head.input[3, 61] = 3  # it was reset
    becomes(tap, g, "meter/total", 0.4)
    becomes(tap, g, "meter/resets", 1)
    tap.ok(harness.wait_for(lambda: value(g, "meter/rate") == 0, 5),
           "no pulses, no rate")


def mast(tap, head, g):
    becomes(tap, g, "mast/pressure", 101.3)
    with head.lock:
        head.holding[4, 513] = 12
    becomes(tap, g, "mast/rain_1h", 1.2)


def main():
    tap = harness.Tap()
    head = Head()
    port = serve(head)
    with harness.tempdir() as d:
        site = SITE.format(d=d, port=port)
        with harness.Gateway(d, site) as g:
            tap.ok(harness.wait_for(lambda: 5 in head.words and
                                    head.coils[2, 1], 10),
                   "at the start the drive is stopped, the valve closed")
            drive(tap, head, g)
            valve(tap, head, g)
            meter(tap, head, g)
            mast(tap, head, g)
            r = write(g, "pump/run", "on", "--for", "1min")
            tap.ok(r.returncode == 0 and head.words[-1] == 1,
                   "the pump runs, the valve is open")
            time.sleep(1)
        tap.ok(head.words[-1] == 5 and head.holding[1, STATUS] == 3,
               "the gateway has stopped the drive at its end")
        tap.ok(head.coils == {(2, 0): 0, (2, 1): 1}, "and closed the valve")
        head.input[3, 61] = 13  # water flows while nobody looks
        head.holding[4, 513] = 15
        with harness.Gateway(d, site) as g:
            becomes(tap, g, "meter/total", 0.5)
            becomes(tap, g, "meter/resets", 1)
            becomes(tap, g, "mast/rain_total", 1.5)
            becomes(tap, g, "mast/rain_1h", 1.5)
            becomes(tap, g, "valve/position", "closed")
        tap.ok(not head.both, "never were both relays on")
    tap.finish()


main()
