"""What the figures share: rows of the table, sites and profiles, the machine,
what it did besides, and reading what the field tapped from its wires."""
import json
import os
import platform
import resource
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", ".."))
import harness  # noqa: E402

QUICK = os.environ.get("QUICK", "") not in ("", "0")
MINUTES = float(os.environ.get("MINUTES") or (1 if QUICK else 10))
TICK = os.sysconf("SC_CLK_TCK")
PROGRAMS = os.path.join(harness.BUILD, "bench")


def quick(long, short):
    return short if QUICK else long


def row(name, value, unit, goal=None, holds=None):
    """goal: as it is written in the table, like "at most 1.01"."""
    return {"name": name, "value": value, "unit": unit, "goal": goal,
            "holds": holds}


def at_most(name, value, limit, unit=""):
    return row(name, value, unit, "at most %g" % limit, value <= limit)


def at_least(name, value, limit, unit=""):
    return row(name, value, unit, "at least %g" % limit, value >= limit)


def none_of(name, value):
    return row(name, value, "", "0", value == 0)


# ---- the machine ----

def machine():
    with open("/proc/cpuinfo") as f:
        model = [line.split(":")[1].strip() for line in f
                 if line.startswith("model name")]
    return "%s, %d cores, Linux %s" % (model[0] if model else
                                       platform.machine(), os.cpu_count(),
                                       platform.release())


def cpu_seconds(pid):
    """User and system time of a process until now, all its threads; finer than
    the ticks of its `stat`."""
    total = 0
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/schedstat" % (pid, task)) as f:
            total += int(f.read().split()[0])
    return total / 1e9


def _busy():
    with open("/proc/stat") as f:
        n = [int(x) for x in f.readline().split()[1:]]
    return (sum(n[:8]) - n[3] - n[4]) / TICK


def _ours():
    """CPU seconds of this process and all that descends, or descended, from
    it."""
    parent, used = {}, {}
    gone = resource.getrusage(resource.RUSAGE_CHILDREN)
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % name) as f:
                fields = f.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parent[int(name)] = int(fields[1])
        used[int(name)] = (int(fields[11]) + int(fields[12])) / TICK
    total = gone.ru_utime + gone.ru_stime
    for pid, seconds in used.items():
        up = pid
        while up in parent and up != os.getpid():
            up = parent[up]
        if up == os.getpid():
            total += seconds
    return total


class Noise:
    """What the machine does besides, while a figure is taken. Time of the
    kernel's own threads counts as noise, though some of it is for us."""

    def __init__(self):
        self.at, self.busy, self.ours = time.monotonic(), _busy(), _ours()

    def percent(self):
        seconds = time.monotonic() - self.at
        other = (_busy() - self.busy) - (_ours() - self.ours)
        return round(100 * max(0, other) / seconds / os.cpu_count(), 1)

    def row(self, figure):
        return row("%s: rest of the machine busy" % figure, self.percent(),
                   "%")


def undisturbed(pids):
    """Gives the processes real-time priority where that is allowed, as the
    field has under --exact, so that what else the machine does shows less."""
    if os.environ.get("REALTIME", "1") == "0":
        return False
    try:
        for pid in pids:
            os.sched_setscheduler(pid, os.SCHED_FIFO, os.sched_param(10))
    except OSError:
        return False
    return True


SPIN = """import os
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
while True: pass"""


class Awake:
    """Keeps the processors from halting, with work that gives way to any
    other. A virtual machine's halted processor wakes late: measured here, the
    field's own bytes then come 0.6 ms late on average, a tenth of a silence
    and more, for every master alike. `AWAKE=0` leaves them alone."""

    def __enter__(self):
        n = os.cpu_count() if os.environ.get("AWAKE", "1") != "0" else 0
        self.spinners = [subprocess.Popen([sys.executable, "-c", SPIN])
                         for _ in range(n)]
        return self

    def __exit__(self, *_):
        for p in self.spinners:
            p.kill()
            p.wait()


# ---- sites ----

def profile(d, name, points, more=""):
    """points: lines of YAML."""
    os.makedirs(d + "/profiles", exist_ok=True)
    with open("%s/profiles/%s.yaml" % (d, name), "w") as f:
        f.write("profile: %s\nmaker: bench\nmodel: bench\n"
                "source: this benchmark\n%spoints:\n%s\n" % (
                    name, more, "\n".join("  " + p for p in points)))


def registers(n, start=0, step=1):
    """One point for each register."""
    return ["p%02d: {holding: %d, type: uint16}" % (i, start + i * step)
            for i in range(n)]


def site(d, lines, broker=None, commit="5s"):
    """lines: {name: (line's keys, {device: its keys})}, all as YAML flow."""
    text = ["gateway: {id: bench, clock: {trust: system}}",
            "store: {path: %s/store.db, commit: %s}" % (d, commit)]
    if broker:
        text.append('uplinks: {county: {broker: "mqtt://127.0.0.1:%d", '
                    "topic: bench}}" % broker)
    text.append("lines:")
    for name, (keys, devices) in lines.items():
        text += ["  %s:" % name] + ["    " + k for k in keys]
        text.append("    devices:")
        text += ["      %s: {%s}" % x for x in devices.items()]
    return "\n".join(text) + "\n"


def serial(d, name, baud=9600, timeout=None):
    keys = ["transport: rtu", "port: %s/%s.tty" % (d, name),
            "baud: %d" % baud]
    return keys + (["timeout: " + timeout] if timeout else [])


def profiles(d):
    return [d + "/profiles"]


# ---- what went on ----

def line_pids(g):
    return [p for name, p in g.pids().items() if name.startswith("line ")]


def frames(path, direction=None):
    """What the field tapped so far, in order of time."""
    got = []
    with open(path) as f:
        for text in f:
            if not text.endswith("\n"):
                break
            x = json.loads(text)
            if direction in (None, x["direction"]):
                x["bytes"] = bytes.fromhex(x["bytes"])
                got.append(x)
    return sorted(got, key=lambda x: x["us"])


def boot_us():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000


def rest_until(us):
    while boot_us() < us:
        time.sleep(min(1, max(0.001, (us - boot_us()) / 1e6)))


def wait_seconds(seconds):
    """The window that was waited for: boot time in microseconds."""
    start = boot_us()
    rest_until(start + int(seconds * 1e6))
    return start, boot_us()


def run_json(args):
    r = subprocess.run(args, capture_output=True, text=True)
    if r.returncode != 0:
        raise RuntimeError("%s: exit %d %s" % (args[0], r.returncode,
                                               r.stderr))
    return json.loads(r.stdout)


def program(name):
    path = os.path.join(PROGRAMS, name)
    if not os.access(path, os.X_OK):
        raise RuntimeError("%s is not built" % path)
    return path
