"""What the tests of lines share: sites and device types as Python values (JSON
is YAML), devices that are scripted in Python where fieldsim cannot, and
questions to the store, to fieldsim's frames file and to /proc."""
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import tty

import harness

REGISTERS = (0, 10, 20, 30, 40)     # of `five`: far apart, a request each


def write_profile(d, name, points, **limits):
    """A device type of our own in d/profiles."""
    os.makedirs(d + "/profiles", exist_ok=True)
    limits = dict({"registers_per_read": 125, "bridge_gaps": 0}, **limits)
    with open("%s/profiles/%s.yaml" % (d, name), "w") as f:
        json.dump({"profile": name, "maker": "test", "model": "test",
                   "source": "this test", "limits": limits,
                   "points": points}, f)
    return [d + "/profiles"]


def five(d):
    """`five`: p0, p10 ... p40 at those addresses."""
    return write_profile(d, "five", {
        "p%d" % a: {"holding": a, "type": "uint16"} for a in REGISTERS})


def site(d, lines, **more):
    """lines: {name: {transport: ..., devices: {...}}}"""
    return json.dumps(dict({
        "gateway": {"id": "bench", "clock": {"trust": "system"}},
        "store": {"path": d + "/store.db", "commit": "200ms"},
        "lines": lines}, **more), indent=1)


def rtu(d, name, devices, **keys):
    return dict({"transport": "rtu", "port": "%s/%s.tty" % (d, name),
                 "baud": 115200, "timeout": "200ms", "devices": devices},
                **keys)


def tcp(port, devices, **keys):
    return dict({"transport": "tcp", "host": "127.0.0.1:%d" % port,
                 "timeout": "200ms", "devices": devices}, **keys)


def device(kind="five", unit=1, every="500ms", **keys):
    return dict({"type": kind, "unit": unit, "every": every}, **keys)


def hold(device, values):
    """Statements that hold the points at these values."""
    return "".join("VALUE %s/%s = %s\n" % (device, p, v)
                   for p, v in values.items())


FIVE = {"p%d" % a: 100 + a for a in REGISTERS}


# ---- the store

def rows(d, pattern, since=0, until=1 << 60):
    """(ts_ms, name, value, quality, reason) in order of arrival."""
    if not os.path.exists(d + "/store.db"):
        return []
    return harness.sqlite(
        d + "/store.db", "SELECT ts_ms, name, value, quality, reason FROM "
        "reading WHERE name LIKE ? AND ts_ms BETWEEN ? AND ? ORDER BY seq",
        pattern, since, until)


def good(d, pattern, since=0, until=1 << 60):
    return [(ts, name, value) for ts, name, value, quality, _ in
            rows(d, pattern, since, until) if quality == "good"]


def usable(d, pattern, since=0, until=1 << 60):
    """Those with a value: probes that warm up are uncertain at first."""
    return [(ts, name, value) for ts, name, value, quality, _ in
            rows(d, pattern, since, until) if quality != "bad"]


def wrong(d, device, values, since=0):
    """Readings of the device with another value than its points have."""
    return [(name, value) for _, name, value in good(d, device + "/%", since)
            if value != values[name.rpartition("/")[2]]]


def fresh(d, pattern, n, seconds, since=None):
    """Waits for n good readings newer than now: those there are."""
    since = now_ms() if since is None else since
    harness.wait_for(lambda: len(good(d, pattern, since)) >= n, seconds, 0.1)
    return good(d, pattern, since)


def events(d, kind="%", subject="%"):
    if not os.path.exists(d + "/store.db"):
        return []
    return [t for (t,) in harness.sqlite(
        d + "/store.db", "SELECT text FROM events WHERE kind LIKE ? AND "
        "subject LIKE ? ORDER BY seq", kind, subject)]


def told(d, pattern, seconds, kind="%", subject="%"):
    """Waits for an event that says so: its text, or None."""
    return harness.wait_for(lambda: next(
        (t for t in events(d, kind, subject) if re.search(pattern, t)), None),
        seconds, 0.1)


def gaps(d, name, since=0, until=1 << 60):
    """Milliseconds between readings of the series that have a value."""
    ts = [r[0] for r in usable(d, name, since, until)]
    return [b - a for a, b in zip(ts, ts[1:])]


def now_ms():
    return int(time.time() * 1000)


# ---- status

def line_of(g, name):
    s = g.status()
    return next((x for x in s["lines"] if x["name"] == name), {}) if s else {}


def device_of(g, path):
    line = line_of(g, path.partition("/")[0])
    return next((x for x in line.get("devices", []) if x["name"] == path), {})


def state_of(g, path):
    return device_of(g, path).get("state")


def online(g, paths, seconds=20):
    return harness.wait_for(lambda: all(
        state_of(g, p) == "online" for p in paths), seconds, 0.1)


# ---- what went over the wire

def frames(path, line=None, direction="request"):
    """(utc ms, bytes) of fieldsim's frames file."""
    found = []
    with open(path) as f:
        for text in f:
            if not text.endswith("\n"):
                break   # being written
            x = json.loads(text)
            if x["direction"] == direction and line in (None, x["line"]):
                found.append((x["utc_us"] / 1000, bytes.fromhex(x["bytes"])))
    return found


# ---- /proc

def cpu_s(pid):
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def open_files(pid):
    """Paths; not the configuration, which is a file without a name."""
    found = []
    for fd in os.listdir("/proc/%d/fd" % pid):
        try:
            found.append(os.readlink("/proc/%d/fd/%s" % (pid, fd)))
        except OSError:
            pass        # closed meanwhile
    return [f for f in found if not f.startswith("/memfd:")]


# ---- scripted devices

def crc(frame):
    c = 0xFFFF
    for b in frame:
        c ^= b
        for _ in range(8):
            c = c >> 1 ^ (0xA001 if c & 1 else 0)
    return bytes((c & 0xFF, c >> 8))


def rtu_frame(body):
    return bytes(body) + crc(body)


def read_answer(request, registers):
    """The frame that answers an FC03 request for these registers."""
    unit, _, hi, lo, _, n = request[:6]
    words = [registers.get((hi << 8 | lo) + i, 0) for i in range(n)]
    return rtu_frame(bytes((unit, 3, 2 * n)) + b"".join(
        w.to_bytes(2, "big") for w in words))


class Serial:
    """A pty at `link`; answer(request) -> bytes for each whole read request
    (8 bytes). Nobody but its master has it open."""

    def __init__(self, link, answer):
        self.master, slave = os.openpty()
        tty.setraw(self.master)
        tty.setraw(slave)
        os.symlink(os.ttyname(slave), link)
        os.close(slave)
        self.answer, self.requests = answer, []
        threading.Thread(target=self._serve, daemon=True).start()

    def _read(self):
        try:
            return os.read(self.master, 256)
        except OSError:     # no master has it open
            time.sleep(0.05)
            return b""

    def _serve(self):
        got = b""
        while True:
            got += self._read()
            while len(got) >= 8:
                request, got = got[:8], got[8:]
                self.requests.append(request)
                os.write(self.master, self.answer(request))


class Dtu:
    """A converter that dials in: says `greeting`, answers with `registers`,
    and says PING before every third answer."""

    def __init__(self, port, greeting, registers):
        self.where, self.greeting = ("127.0.0.1", port), greeting
        self.registers, self.answers, self.closed = registers, 0, False
        self.s = None

    def dial(self, pieces=False):
        """pieces: the registration comes byte by byte."""
        self.s = harness.wait_for(self._connect, 10)
        self.closed = False
        if pieces:
            for b in self.greeting:
                self.s.sendall(bytes((b,)))
                time.sleep(0.02)
        else:
            self.s.sendall(self.greeting)
        threading.Thread(target=self._serve, args=(self.s,),
                         daemon=True).start()
        return self

    def _connect(self):
        try:
            s = socket.create_connection(self.where, 2)
            s.settimeout(None)
            return s
        except OSError:
            return None

    def _serve(self, s):
        try:
            while True:
                request = s.recv(256)
                if not request:
                    break
                self.answers += 1
                s.sendall((b"PING" if self.answers % 3 == 0 else b"") +
                          read_answer(request, self.registers))
        except OSError:
            pass
        if s is self.s:
            self.closed = True

    def cut(self):
        self.s.shutdown(socket.SHUT_RDWR)
        self.s.close()


# ---- scenarios side by side

def side_by_side(checks, path, names, seconds):
    """checks: {name: function(tap)}. Each in a process of its own, all at
    once; a single name runs here. Does not return."""
    if len(names) == 1:
        tap = harness.Tap()
        checks[names[0]](tap)
        tap.finish()
    tap = harness.Tap()
    until = time.monotonic() + seconds
    running = [(n, harness.spawn([sys.executable, path, n], text=True,
                                 stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT))
               for n in names or checks]
    for name, p in running:
        try:
            out, _ = p.communicate(timeout=max(1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            p.kill()
            out, _ = p.communicate()
            tap.ok(False, "%s: not done in time" % name)
        lines = re.findall(r"^(not )?ok \d+ - (.*?)( # SKIP.*)?$", out, re.M)
        for bad, what, skip in lines:
            if skip:
                tap.skip("%s: %s" % (name, what), skip[len(" # SKIP "):])
            else:
                tap.ok(not bad, "%s: %s" % (name, what))
        if p.returncode and not any(bad for bad, _, _ in lines):
            tap.ok(False, "%s ended with %s: %s" % (
                name, p.returncode, out[-600:]))
    tap.finish()
