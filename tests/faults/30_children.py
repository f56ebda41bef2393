#!/usr/bin/python3
"""Core and children that misbehave: unequal builds, silence, garbage, messages
that are not theirs, crashes, deafness to the stop. The line is a script that
speaks the frames of wire/msg.h and does what a file tells it to; core, store
and gatewayctl are real. None of it may cost more than that child a restart.
"""
# timeout: 180
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import harness  # noqa: E402

SITE = """gateway: {{id: children, clock: {{trust: system}}}}
store: {{path: "{dir}/store.db", commit: 1s}}
uplinks: {{}}
lines:
{lines}"""
LINE = """  {name}:
    transport: tcp
    host: 127.0.0.1:{port}
    devices: {{probe: {{type: cwt-soil-thc-s, unit: 1, every: 1s}}}}
"""

# The child. What mode.N says holds for one start of line N.
FAKE = r'''#!/usr/bin/python3
import json, os, select, signal, socket, struct, sys, time

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = "@BUILD@"
HELLO, READY, BEAT, STOP, BYE, READINGS, EVENT = range(1, 8)
ACK = 11
line = int(sys.argv[sys.argv.index("--line") + 1])
fds = [int(f) for f in os.listdir("/proc/self/fd")]
for s in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(s, signal.SIG_IGN)
with open("/proc/self/status") as f:
    blocked = [l.split()[1] for l in f if l.startswith("SigBlk")][0]
with open("%s/started.%d" % (HERE, line), "w") as f:
    json.dump({"fds": fds, "blocked": blocked, "pid": os.getpid(),
               "snapshot": os.readlink("/proc/self/fd/4")}, f)
try:
    with open("%s/mode.%d" % (HERE, line)) as f:
        mode = f.read().strip()
    os.remove("%s/mode.%d" % (HERE, line))
except OSError:
    mode = "good"
chan = socket.socket(fileno=3)


def gone():
    with open("%s/eof.%d" % (HERE, line), "w"):
        sys.exit(0)


def send(kind, body=b""):
    try:
        chan.send(struct.pack("<H", kind) + body)
    except (BrokenPipeError, ConnectionResetError):
        gone()


def text(s):
    return struct.pack("<H", len(s)) + s.encode()


def reading(series, value, boot_ms=None):
    if boot_ms is None:
        boot_ms = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000000
    send(READINGS, struct.pack("<HIqBBBBq", 1, series, boot_ms, 0, 0, 0, 1,
                               value))


if mode == "crash":
    os.kill(os.getpid(), signal.SIGSEGV)
if mode == "exit":
    sys.exit(3)
if mode == "otherbuild":
    send(HELLO, text("0" * 32))
elif mode == "nohello":
    send(BEAT)
else:
    send(HELLO, text(BUILD))
    send(READY)
if mode == "garbage":
    chan.send(b"\xff" * 100)
elif mode == "empty":
    send(READINGS)
elif mode == "long":
    chan.send(bytes(20000))
elif mode == "role":
    send(ACK, struct.pack("<QQ", 1, 1))
elif mode == "series":
    reading(4000000, 1)
elif mode == "othersseries":
    reading(0, 1)   # of the first line
elif mode == "future":
    reading(line * 5, 1, 1 << 60)
elif mode == "event":
    send(EVENT, struct.pack("<Bq", 1, 1) + text("gateway") + text("forged"))
elif mode == "flood":
    boot = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000000 - 100000
    n = 0
    end = time.monotonic() + 3
    while time.monotonic() < end:
        try:
            select.select([], [chan], [], 1)
            reading(0, n, boot + n % 90000)
            n += 1
        except BlockingIOError:
            pass
stopping, count = False, 0
while True:
    if mode != "silent":
        send(BEAT)
        if not stopping:
            count += 1
            reading(line * 5, count)
    ready, _, _ = select.select([chan], [], [], 0.2)
    if not ready:
        continue
    try:
        frame = chan.recv(16384)
    except ConnectionResetError:    # core died with our frames unread
        gone()
    if not frame:
        gone()
    if struct.unpack("<H", frame[:2])[0] == STOP and mode != "deaf":
        reading(line * 5, 777)
        send(BYE)
        sys.exit(0)
'''


class Bench:
    """A gateway with its own build folder, and the fake line in it."""

    def __init__(self, d, lines=("north", "south"), env=None):
        self.d, self.bin = d, d + "/bin"
        os.mkdir(self.bin)
        os.mkdir(self.bin + "/plugins")
        for name in ("gatewayd", "gatewayctl"):
            shutil.copy(harness.BUILD + "/" + name, self.bin)
        said = subprocess.run([self.bin + "/gatewayd", "--version"],
                              capture_output=True, text=True).stdout
        build = said[said.index("(") + 1:said.index(")")]
        path = self.bin + "/gatewayd-line"
        with open(path, "w") as f:
            f.write(FAKE.replace("@BUILD@", build))
        os.chmod(path, 0o755)
        self.g = harness.Gateway(d, self.site(lines), build=self.bin, env=env)

    def site(self, lines):
        return SITE.format(dir=self.d, lines="".join(
            LINE.format(name=n, port=1000 + i) for i, n in enumerate(lines)))

    def mode(self, mode, line=0):
        with open("%s/mode.%d" % (self.d, line), "w") as f:
            f.write(mode)

    def said(self, line=0):
        with open("%s/started.%d" % (self.d, line)) as f:
            return json.load(f)

    def line(self, i=0):
        s = self.g.status()
        return s["lines"][i] if s else {"pid": None, "restarts": -1}

    def events(self, kind="child", subject="%"):
        return [t for (t,) in harness.sqlite(
            self.d + "/store.db", "SELECT text FROM events WHERE kind = ? "
            "AND subject LIKE ?", kind, subject)]

    def rows(self, point):
        return [v for (v,) in harness.sqlite(
            self.d + "/store.db", "SELECT value FROM reading WHERE name = ? "
            "ORDER BY ts_ms", point)]


def alive(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# What a line does first, and what the event must say of it.
BREACHES = {
    "otherbuild": "another build", "garbage": "malformed",
    "empty": "malformed", "long": "malformed", "nohello": "hello",
    "role": "not its to send", "series": "not of this line",
    "othersseries": "not of this line", "future": "not of this time",
    "event": "not its to report", "crash": "signal 11", "exit": "code 3"}


def breaches(tap):
    """A line each, and one that does nothing wrong."""
    with harness.tempdir() as d:
        names = ["good"] + list(BREACHES)
        b = Bench(d, names)
        for i, name in enumerate(names):
            b.mode(name, i)
        g = b.g.start()
        core = g.p.pid
        for i, name in enumerate(names):
            point = name + "/probe/moisture"
            back = harness.wait_for(lambda p=point: b.rows(p), 15)
            if name == "good":
                continue
            events = b.events("child", name)
            tap.ok(len(events) == 1 and BREACHES[name] in events[0],
                   "%s: an event says so: %s" % (name, events))
            tap.ok(back and b.line(i)["restarts"] == 1,
                   "%s: the line is back and read" % name)
        said = b.said()
        # 6 is the listing itself
        tap.ok(set(said["fds"]) <= {0, 1, 2, 3, 4, 5, 6} and
               {4, 5} <= set(said["fds"]),
               "a child has the channel, the configuration, the page that a "
               "line shares and nothing else open: %s" % said["fds"])
        tap.ok("memfd" in said["snapshot"], "the configuration is a memfd: %s"
               % said["snapshot"])
        tap.ok(int(said["blocked"], 16) == 0, "no signal is blocked in it")
        mode = stat.S_IMODE(os.stat(d + "/run/control.sock").st_mode)
        tap.ok(mode == 0o660, "control.sock has mode %o" % mode)
        tap.ok(not [t for t in b.events("gateway") if "forged" in t],
               "what was forged is not in the store")
        tap.ok(b.line(0)["restarts"] == 0 and not b.events("child", "good"),
               "the line that did nothing wrong was not touched")
        tap.ok(g.p.poll() is None and g.status()["pid"] == core,
               "the gateway is the one that was started")
        g.stop()


def silence(tap):
    with harness.tempdir() as d:
        b = Bench(d)
        b.mode("silent")
        start = time.monotonic()
        g = b.g.start(0)
        harness.wait_for(lambda: not os.path.exists(d + "/mode.0"), 5)
        b.mode("deaf")      # the next one
        pid = harness.wait_for(lambda: b.line()["pid"], 5)
        found = harness.wait_for(
            lambda: any("said nothing" in t for t in b.events()), 20)
        took = time.monotonic() - start
        tap.ok(found and 9 < took < 15, "silence: killed after %.1f s: %s" % (
            took, b.events()[:1]))
        tap.ok(harness.wait_for(lambda: not alive(pid), 3),
               "silence: the process is gone")
        tap.ok(harness.wait_for(lambda: b.rows("north/probe/moisture"), 10),
               "silence: its successor is read")
        pid = b.line()["pid"]
        start = time.monotonic()
        code = g.stop(15)
        took = time.monotonic() - start
        tap.ok(code == 0, "deaf: the stop ends with exit code %s" % code)
        tap.ok(took < 10, "deaf: within ten seconds (%.1f s)" % took)
        tap.ok(harness.wait_for(lambda: not alive(pid), 2),
               "deaf: the deaf child is gone too")
        tap.ok(b.rows("south/probe/moisture")[-1:] == [777],
               "deaf: the other line's last reading is stored")
        tap.ok("stopped" in b.events("gateway"), "an event tells of the stop")
        tap.ok(not os.path.exists(d + "/run/control.sock"),
               "control.sock is gone")


def flood(tap):
    """A line that sends as fast as it can: the others are still heard."""
    with harness.tempdir() as d:
        b = Bench(d)
        b.mode("flood")
        b.g.start()
        slow = 0
        end = time.monotonic() + 3
        while time.monotonic() < end:
            start = time.monotonic()
            b.g.status()
            slow = max(slow, time.monotonic() - start)
        tap.ok(slow < 2, "flood: gatewayctl is answered within %.2f s" % slow)
        tap.ok(harness.wait_for(
            lambda: len(b.rows("south/probe/moisture")) > 5, 10),
            "flood: the other line is read")
        tap.ok(b.g.stop() == 0, "flood: the gateway ends in order")


def reload(tap):
    with harness.tempdir() as d:
        b = Bench(d)
        g = b.g.start()
        harness.wait_for(lambda: b.rows("north/probe/moisture"), 10)
        pids = [b.line(i)["pid"] for i in (0, 1)]
        g.write("gateway: {id: children\nlines: [\n")
        g.p.send_signal(signal.SIGHUP)
        tap.ok(harness.wait_for(lambda: any(
            "stays in force" in t for t in b.events("gateway")), 8),
            "reload: a wrong file changes nothing and an event says so")
        tap.ok([b.line(i)["pid"] for i in (0, 1)] == pids,
               "reload: the lines were not touched")
        g.write(b.site(["north", "south"]).replace("store.db", "other.db"))
        g.p.send_signal(signal.SIGHUP)
        tap.ok(harness.wait_for(lambda: any(
            "store.path" in t for t in b.events("gateway")), 8),
            "reload: another store needs a restart, and an event says so")
        tap.ok([b.line(i)["pid"] for i in (0, 1)] == pids and
               not os.path.exists(d + "/other.db"),
               "reload: nothing of that file was taken")
        g.write(b.site(["north", "south", "west"]))
        g.p.send_signal(signal.SIGHUP)
        tap.ok(harness.wait_for(
            lambda: b.rows("west/probe/moisture"), 15),
            "reload: a new line is read")
        tap.ok(777 in b.rows("north/probe/moisture"),
               "reload: the old lines were stopped in order")
        tap.ok("west/probe/moisture" in g.points(), "reload: gatewayctl "
               "points shows its points")
        again = subprocess.run(
            [b.bin + "/gatewayd", "run", "--config", g.config, "--run-dir",
             g.run_dir] + g.dirs(), capture_output=True, text=True,
            timeout=10)
        tap.ok(again.returncode == 1 and "another gatewayd" in again.stderr,
               "a second gateway is refused: %s" % again.stderr[-200:])
        again = subprocess.run(
            [b.bin + "/gatewayd", "run", "--config", g.config, "--run-dir",
             d + "/run2"] + g.dirs(), capture_output=True, text=True,
            timeout=10)
        tap.ok(again.returncode == 1 and "another gatewayd" in again.stderr,
               "and so is one with the same store: %s" % again.stderr[-200:])
        pids = [b.line(i)["pid"] for i in (0, 1, 2)]
        g.kill9()
        tap.ok(harness.wait_for(
            lambda: all(os.path.exists("%s/eof.%d" % (d, i))
                        for i in (0, 1, 2)), 5),
            "kill -9 of core: every line sees its channel close")
        tap.ok(harness.wait_for(lambda: not any(map(alive, pids)), 5),
               "and ends")


def wrong_site(tap):
    with harness.tempdir() as d:
        b = Bench(d)
        b.g.write(b.site(["north"]).replace("unit: 1", "unit: 999").replace(
            "every", "evry"))
        r = subprocess.run([b.bin + "/gatewayd", "run", "--config",
                            b.g.config, "--run-dir", d + "/run"] +
                           b.g.dirs(), capture_output=True, text=True,
                           timeout=10)
        tap.ok(r.returncode == 1 and "999" in r.stderr and "evry" in r.stderr,
               "a wrong site: exit 1 and all its mistakes: %s" % r.stderr)
        tap.ok(not os.path.exists(d + "/started.0"),
               "nothing was started, nothing is on the bus")
        tap.ok(not os.path.exists(d + "/store.db"), "and no store was made")


def systemd(tap):
    with harness.tempdir() as d, \
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(d + "/notify")
        s.settimeout(0.2)
        heard = []

        def hear(word):
            try:
                heard.append(s.recv(4096).decode())
            except OSError:
                pass
            return any(word in h for h in heard)

        b = Bench(d, env={"NOTIFY_SOCKET": d + "/notify",
                          "WATCHDOG_USEC": "1500000"})
        b.g.start()
        for word in ("READY=1", "STATUS=", "WATCHDOG=1"):
            tap.ok(harness.wait_for(lambda w=word: hear(w), 5),
                   "systemd is told " + word)
        heard.clear()
        os.kill(b.g.p.pid, signal.SIGSTOP)
        while hear("nothing") or heard:   # what was sent before
            heard.clear()
        tap.ok(not harness.wait_for(lambda: hear("WATCHDOG"), 2),
               "a loop that stands still feeds no watchdog")
        os.kill(b.g.p.pid, signal.SIGCONT)
        b.g.p.terminate()
        tap.ok(harness.wait_for(lambda: hear("STOPPING=1"), 5),
               "systemd is told STOPPING=1")
        tap.ok(b.g.stop() == 0, "and the end is in order")


def main():
    tap = harness.Tap()
    for part in (wrong_site, systemd, breaches, reload, flood, silence):
        part(tap)
    tap.finish()


main()
