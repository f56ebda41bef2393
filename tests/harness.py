"""What the Python tests share: a simulated field, a gateway, a broker, and
the words of TAP. Everything started here dies with the test.

    with harness.tempdir() as d, harness.Broker() as broker:
        with harness.Farm(d, site) as farm, harness.Gateway(d, site) as g:
            farm.do("DEVICE north/soil-a1 SILENT")
            tap.ok(harness.wait_for(lambda: ..., 20), "what must be true")
    tap.finish()
"""
import atexit
import contextlib
import ctypes
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import tty

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, os.environ.get("GATEWAYD_BUILD", "build"))
PROFILES = os.path.join(ROOT, "config", "profiles")
PLUGINS = os.path.join(BUILD, "plugins")

_children = []


def die_with_us():
    """In a child, before exec: SIGKILL when the test dies."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def spawn(args, **kwargs):
    p = subprocess.Popen(args, preexec_fn=die_with_us, **kwargs)
    _children.append(p)
    return p


@atexit.register
def _kill_all():
    for p in _children:
        if p.poll() is None:
            p.kill()
            p.wait()


def wait_for(predicate, seconds, step=0.05):
    """The predicate's first true value, or its last one after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = predicate()
        if value or time.monotonic() > deadline:
            return value
        time.sleep(step)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def tempdir():
    d = tempfile.mkdtemp(prefix="gatewayd-")
    try:
        yield d
    finally:
        shutil.rmtree(d, ignore_errors=True)


def sqlite(path, sql, *args):
    """Rows of a query on a store that others may be using."""
    for _ in range(100):
        try:
            db = sqlite3.connect("file:%s?mode=ro" % path, uri=True,
                                 timeout=5)
            try:
                return db.execute(sql, args).fetchall()
            finally:
                db.close()
        except sqlite3.OperationalError as e:
            if "unable to open" not in str(e) and "locked" not in str(e) \
                    and "no such table" not in str(e):
                raise
            time.sleep(0.1)
    raise RuntimeError("%s: cannot be read" % path)


class Tap:
    """`ok N - what` lines; finish() exits non-zero after any failure."""

    def __init__(self):
        self.n, self.failed = 0, 0

    def ok(self, condition, what):
        self.n += 1
        if not condition:
            self.failed += 1
        print("%sok %d - %s" % ("" if condition else "not ", self.n,
                                str(what).replace("\n", " ")), flush=True)
        return bool(condition)

    def skip(self, what, why):
        self.n += 1
        print("ok %d - %s # SKIP %s" % (self.n, what, why), flush=True)

    def finish(self):
        print("1..%d" % self.n, flush=True)
        sys.exit(1 if self.failed or not self.n else 0)


class PtyPair:
    """Two ends of a serial cable, as symlinks, with bytes carried between."""

    def __init__(self, a, b):
        self.masters, self.slaves = [], []
        for link in (a, b):
            master, slave = os.openpty()
            tty.setraw(master)
            tty.setraw(slave)
            os.symlink(os.ttyname(slave), link)
            self.masters.append(master)
            self.slaves.append(slave)   # held open: no EIO between openings
        self.running = True
        self.threads = [threading.Thread(target=self._carry, args=x,
                                         daemon=True)
                        for x in (self.masters, self.masters[::-1])]
        for t in self.threads:
            t.start()

    def _carry(self, src, dst):
        try:
            while self.running:
                os.write(dst, os.read(src, 512))
        except OSError:
            return

    def close(self):
        self.running = False
        for fd in self.slaves + self.masters:
            os.close(fd)


def pty_pair(a, b):
    return PtyPair(a, b)


class Farm:
    """build/fieldsim on a site; statements of its language through do()."""

    def __init__(self, d, site, profiles=(), script=None, speed=1, seed=1,
                 truth=None, frames=None, exact=False):
        self.dir, self.control = d, d + "/field.sock"
        self.site = d + "/field.yaml"
        with open(self.site, "w") as f:
            f.write(site)
        self.args = [BUILD + "/fieldsim", "--site", self.site, "--dir", d,
                     "--control", self.control, "--speed", str(speed),
                     "--seed", str(seed), "--plugins", PLUGINS]
        for p in list(profiles) + [PROFILES]:
            self.args += ["--profiles", p]
        if script is not None:
            with open(d + "/field.sim", "w") as f:
                f.write(script)
            self.args += ["--script", d + "/field.sim"]
        if truth:
            self.args += ["--truth", truth]
        if frames:
            self.args += ["--frames", frames]
        if exact:
            self.args += ["--exact"]
        self.p = None

    def start(self):
        self.p = spawn(self.args, stdout=subprocess.PIPE, text=True)
        for line in self.p.stdout:
            if line.strip() == "ready":
                break
        else:
            raise RuntimeError("fieldsim did not start: exit %s" %
                               self.p.wait())
        threading.Thread(target=self.p.stdout.read, daemon=True).start()
        return self

    def do(self, statement):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(self.control)
            s.sendall(statement.encode() + b"\n")
            return s.makefile().readline().strip()

    def get(self, point):
        """The point as its registers mean it now; a number or a text."""
        said = self.do("GET " + point)
        try:
            return json.loads(said)
        except ValueError:
            raise RuntimeError("GET %s: %s" % (point, said)) from None

    def stats(self):
        """Counts of each device and line (tests/sim/README.md)."""
        return json.loads(self.do("STATS"))

    def coils(self, device):
        return [int(c) for c in self.do("COILS " + device).split()]

    def tty(self, line):
        return "%s/%s.tty" % (self.dir, line)

    def stop(self):
        if self.p and self.p.poll() is None:
            self.p.terminate()
            self.p.wait(10)

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc):
        self.stop()


class Gateway:
    """build/gatewayd on a site; what it said is in log()."""

    def __init__(self, d, site, profiles=(), plugins=(), build=None, env=None):
        self.dir, self.run_dir = d, d + "/run"
        self.build = build or BUILD
        self.config = d + "/site.yaml"
        self.plugins = list(plugins) + [self.build + "/plugins"]
        self.profiles = list(profiles) + [PROFILES]
        self.env = dict(os.environ, **(env or {}))
        self.write(site)
        self.p = None

    def write(self, site):
        with open(self.config, "w") as f:
            f.write(site)

    def dirs(self):
        args = []
        for p in self.profiles:
            args += ["--profiles", p]
        for p in self.plugins:
            args += ["--plugins", p]
        return args

    def start(self, ready=20):
        with open(self.dir + "/log", "ab") as log:
            self.p = spawn([self.build + "/gatewayd", "run", "--config",
                            self.config, "--run-dir", self.run_dir] +
                           self.dirs(), stderr=log, stdout=log, env=self.env)
        if ready and not wait_for(lambda: self.p.poll() is not None or
                                  self.status(), ready):
            raise RuntimeError("gatewayd does not answer\n" + self.log())
        if ready and self.p.poll() is not None:
            raise RuntimeError("gatewayd ended with %s\n%s" % (
                self.p.returncode, self.log()))
        return self

    def ctl(self, *args, **kwargs):
        return subprocess.run([self.build + "/gatewayctl", "--run-dir",
                               self.run_dir] + list(args), text=True,
                              capture_output=True, timeout=20, env=self.env,
                              **kwargs)

    def _json(self, what):
        r = self.ctl(what, "--json")
        return json.loads(r.stdout) if r.returncode == 0 else None

    def status(self):
        return self._json("status")

    def points(self):
        got = self._json("points") or {"points": []}
        return {p["point"]: p for p in got["points"]}

    def pids(self):
        """Program to process id, of what runs now."""
        s = self.status()
        pids = {"core": s["pid"]} if s else {}
        for kind in ("lines", "uplinks") if s else ():
            for x in s[kind]:
                if x.get("pid"):
                    pids[kind[:-1] + " " + x["name"]] = x["pid"]
        return pids

    def log(self):
        with open(self.dir + "/log", errors="replace") as f:
            return f.read()

    def kill9(self):
        self.p.kill()
        self.p.wait()

    def stop(self, seconds=12):
        """SIGTERM; its exit code, or None when it did not end in time."""
        if self.p and self.p.poll() is None:
            self.p.terminate()
            try:
                self.p.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill9()
                return None
        return self.p.returncode if self.p else None

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *exc):
        code = self.stop()
        if kind is None and code != 0:
            raise RuntimeError("gatewayd ended with %s\n%s" % (code,
                                                             self.log()))


class Broker:
    """A private mosquitto, and a subscriber that keeps what it hears."""

    def __init__(self, d=None, subscribe="#", conf=""):
        self.port = free_port()
        self.dir = d or tempfile.mkdtemp(prefix="gatewayd-broker-")
        self.own_dir = d is None
        self.conf, self.subscribe = conf, subscribe
        self.messages, self.lock = [], threading.Lock()
        self.p = self.client = None

    def start(self):
        path = self.dir + "/mosquitto.conf"
        with open(path, "w") as f:
            f.write("listener %d 127.0.0.1\nallow_anonymous true\n"
                    "persistence true\npersistence_location %s/\n"
                    "user root\nmax_queued_messages 0\n%s\n" %
                    (self.port, self.dir, self.conf))
        self.p = spawn(["/usr/sbin/mosquitto", "-c", path],
                       stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        if not wait_for(self._listens, 10):
            raise RuntimeError("mosquitto does not listen")
        if self.subscribe and not self.client:
            self._subscribe()
        return self

    def _listens(self):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def _subscribe(self):
        import paho.mqtt.client as mqtt
        ready = threading.Event()
        # A session that outlives the broker's absence: what the gateway sends
        # before we are back is kept for us.
        self.client = mqtt.Client(client_id="harness-%d" % os.getpid(),
                                  clean_session=False)
        self.client.reconnect_delay_set(0.1, 0.2)
        self.client.on_connect = lambda c, *a: c.subscribe(self.subscribe, 1)
        self.client.on_subscribe = lambda *a: ready.set()
        self.client.on_message = lambda c, u, m: self.messages.append(m)
        self.client.connect("127.0.0.1", self.port)
        self.client.loop_start()
        if not ready.wait(10):
            raise RuntimeError("the subscriber did not get through")

    def readings(self, gateway=None):
        """{(series, ts): value} of all readings heard so far."""
        got = {}
        for m in list(self.messages):
            if not m.topic.endswith("/readings") or (
                    gateway and "/%s/" % gateway not in m.topic):
                continue
            for device, items in json.loads(m.payload).items():
                if device == "gateway":
                    continue
                for item in items:
                    for point, value in item["values"].items():
                        if value == "uncertain":
                            continue  # beside an uncertain reading
                        got[("%s/%s" % (device, point), item["ts"])] = value
        return got

    def stop(self):
        """In order: it saves our session."""
        if self.p and self.p.poll() is None:
            self.p.terminate()
            try:
                self.p.wait(5)
            except subprocess.TimeoutExpired:
                self.p.kill()
                self.p.wait()

    def suspend(self):
        self.p.send_signal(signal.SIGSTOP)

    def resume(self):
        self.p.send_signal(signal.SIGCONT)

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc):
        if self.client:
            self.client.loop_stop()
            self.client.disconnect()
        self.stop()
        if self.own_dir:
            shutil.rmtree(self.dir, ignore_errors=True)


def rss_kb(pid):
    with open("/proc/%d/status" % pid) as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))
