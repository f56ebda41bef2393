#!/usr/bin/python3
"""What goes wrong on a line, and what it may cost: half the units dead (C15),
the adapter pulled out (C17), a gateway that reports a unit dead (C19), busy
units (C20), holes in the map (C21), more asked than the line can do (C52), a
port that is another's, or not ours to open, a wrong baud rate.

The scenarios run side by side; `40_line.py NAME...` runs the named ones."""
# timeout: 240
# san: no
import grp
import os
import pwd
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import harness  # noqa: E402
import line_field as lf  # noqa: E402

ALL = len(lf.FIVE)
SOIL = "cwt-soil-thc-s"


# ---- C15: half the field is dead

def ten(d):
    return lf.site(d, {"north": lf.rtu(d, "north", {
        "soil-%d" % i: lf.device(SOIL, i, "2s") for i in range(1, 11)},
        baud=9600)})


def silent(units):
    return "".join("DEVICE north/soil-%d SILENT\n" % i for i in units)


def keep_pace(tap, d, what, living, seconds):
    """A reading every 2 s; a busy machine, or a timeout, may be late."""
    start = lf.now_ms()
    time.sleep(seconds)
    end = lf.now_ms()
    time.sleep(0.5)
    for i in living:
        name = "north/soil-%d/moisture" % i
        got, late = lf.usable(d, name, start, end), [
            x for x in lf.gaps(d, name, start, end) if x > 3800]
        tap.ok(len(got) >= seconds / 2 - 1.5 and not late,
               "%s: unit %d: %d readings in %d s, none left out: %s" % (
                   what, i, len(got), seconds, late))


def back(tap, d, farm, g, what, unit):
    name = "north/soil-%d" % unit
    farm.do("DEVICE %s NORMAL" % name)
    start = time.monotonic()
    got = lf.fresh(d, name + "/%", 1, 60)
    tap.ok(got, "%s: a revived unit is back within 60 s: %.1f s" % (
        what, time.monotonic() - start))
    tap.ok(harness.wait_for(lambda: lf.state_of(g, name) == "online", 12),
           "%s: and online in status" % what)


def probes(tap, d, what, unit):
    """The gaps between what the dead unit is asked grow, to a bound. Living
    neighbours go before a probe, so that they are not exact."""
    asked = [t for t, b in lf.frames(d + "/frames") if b[0] == unit]
    gaps = [round((b - a) / 1000, 1) for a, b in zip(asked, asked[1:])]
    tap.ok(len(gaps) > 2 and gaps[-2] < gaps[-1] and 4 <= gaps[-1] <= 33,
           "%s: a dead unit is asked ever less often: %s" % (what, gaps[-5:]))


def check_dead_half(tap):
    dead, living = (3, 4, 5, 6, 7), (1, 2, 8, 9, 10)
    with harness.tempdir() as d, harness.Farm(
            d, ten(d), frames=d + "/frames") as farm, \
            harness.Gateway(d, ten(d)) as g:
        tap.ok(lf.online(g, ["north/soil-%d" % i for i in range(1, 11)], 30),
               "all ten are found")
        for i in dead:
            farm.do("DEVICE north/soil-%d SILENT" % i)
        keep_pace(tap, d, "dying", living, 8)
        tap.ok(harness.wait_for(lambda: all(
            lf.state_of(g, "north/soil-%d" % i) == "lost" for i in dead), 30),
            "the five are lost")
        said = {i: lf.told(d, "lost: no answer", 5, "device",
                           "north/soil-%d" % i) for i in dead}
        tap.ok(all(said.values()), "and said to be: %s" % said[3])
        since = lf.now_ms()
        keep_pace(tap, d, "dead", living, 12)
        n = sum(len(lf.good(d, "north/soil-%d/%%" % i, since)) for i in dead)
        tap.ok(n == 0, "the dead have no values")
        back(tap, d, farm, g, "dead", 5)
        probes(tap, d, "dead", 3)
        tap.ok(lf.line_of(g, "north")["restarts"] == 0, "no restart")


def check_dead_from_start(tap):
    """The dead are the first on the line; then nobody answers at all."""
    dead, living = (1, 2, 3, 4, 5), (6, 7, 8, 9, 10)
    with harness.tempdir() as d, harness.Farm(
            d, ten(d), script=silent(dead)) as farm, \
            harness.Gateway(d, ten(d)) as g:
        tap.ok(lf.online(g, ["north/soil-%d" % i for i in living], 30),
               "five absent from the first second: the others are found")
        keep_pace(tap, d, "absent", living, 10)
        back(tap, d, farm, g, "absent", 1)


def check_nobody(tap):
    with harness.tempdir() as d, harness.Farm(
            d, ten(d), script=silent(range(1, 11))) as farm, \
            harness.Gateway(d, ten(d)) as g:
        tap.ok(harness.wait_for(lambda: lf.line_of(g, "north").get(
            "devices_lost") == 10, 60), "nobody answers: all are lost")
        tap.ok(g.p.poll() is None and
               lf.line_of(g, "north")["restarts"] == 0, "and all stays up")
        farm.do("LINE north NORMAL")
        tap.ok(harness.wait_for(lambda: lf.line_of(g, "north").get(
            "devices_online") == 10, 60), "they all come back")


# ---- C17: the adapter is pulled out

def check_unplugged(tap):
    with harness.tempdir() as d:
        profiles = lf.five(d)
        conf = lf.site(d, {
            n: lf.rtu(d, n, {"dev": lf.device(every="300ms")})
            for n in ("north", "south")})
        spare = []
        with harness.Farm(d, conf, profiles) as farm, \
                harness.Gateway(d, conf, profiles) as g:
            lf.fresh(d, "north/dev/%", ALL, 20)
            pid, tty = g.pids()["line north"], os.readlink(farm.tty("north"))
            start = lf.now_ms()
            farm.do("LINE north GONE")
            said = lf.told(d, "plugged in", 15, "line", "north")
            tap.ok(said, "pulled out: said: %s" % said)
            # Whoever comes first has the old number now.
            spare.append(os.openpty())
            used, lines = lf.cpu_s(pid), g.log().count("\n")
            time.sleep(6)
            used = lf.cpu_s(pid) - used
            tap.ok(used < 0.3, "its program uses %.2f s of CPU in 6 s" % used)
            left = [f for f in lf.open_files(pid) if "(deleted)" in f or
                    f == tty]
            tap.ok(not left, "the old port is closed: %s" % left)
            more = g.log().count("\n") - lines
            tap.ok(more < 5, "the log is not flooded: %d lines" % more)
            bad = {r[4] for r in lf.rows(d, "north/dev/p0", start + 2000)}
            tap.ok(bad == {"port"}, "readings are bad and say why: %s" % bad)
            n = len(lf.good(d, "south/dev/p0", start))
            late = [x for x in lf.gaps(d, "south/dev/p0", start) if x > 2000]
            tap.ok(n > 10 and not late, "the other line did not notice: %d "
                   "readings, %s" % (n, late))
            farm.do("LINE north BACK")
            tap.ok(os.readlink(farm.tty("north")) != tty,
                   "it is back under another name")
            since = time.monotonic()
            got = lf.fresh(d, "north/dev/%", ALL, 30)
            tap.ok(len(got) >= ALL, "and read again, after %.1f s" %
                   (time.monotonic() - since))
            tap.ok(lf.told(d, "open again", 5, "line", "north"), "and said")
            tap.ok(g.pids()["line north"] == pid, "by the same program")
            left = [f for f in lf.open_files(pid) if "(deleted)" in f]
            tap.ok(not left, "with nothing deleted open: %s" % left)
        for pair in spare:
            for fd in pair:
                os.close(fd)


# ---- C19, C20: exceptions

def check_gateway_says(tap):
    """C19: 0A and 0B are about one unit behind the gateway."""
    with harness.tempdir() as d:
        profiles, port = lf.five(d), harness.free_port()
        conf = lf.site(d, {"station": lf.tcp(port, {
            "u%d" % i: lf.device(unit=i) for i in (2, 3, 5)})})
        with harness.Farm(d, conf, profiles) as farm, \
                harness.Gateway(d, conf, profiles) as g:
            for code in (11, 10):
                tap.ok(lf.fresh(d, "station/u5/%", 1, 40), "unit 5 is read")
                farm.do("DEVICE station/u5 EXCEPTION %d" % code)
                said = lf.told(d, "%02X" % code, 20, "device", "station/u5")
                tap.ok(said and "gateway" in said, "exception %02X: unit 5 is "
                       "lost, with the reason: %s" % (code, said))
                start = lf.now_ms()
                time.sleep(5)
                for u in (2, 3):
                    n = lf.good(d, "station/u%d/p0" % u, start)
                    tap.ok(len(n) >= 8, "unit %d has its readings: %d" % (
                        u, len(n)))
                n = lf.good(d, "station/u5/%", start)
                tap.ok(not n, "unit 5 has none: %s" % n[:2])
                farm.do("DEVICE station/u5 NORMAL")
            tap.ok(lf.fresh(d, "station/u5/%", 1, 40), "unit 5 is back")
            conns = farm.stats()["lines"]["station"]["connections"]
            tap.ok(conns == 1, "the server counts %d connection" % conns)


def check_busy(tap):
    """C20: busy is no value; only what was refused is asked again."""
    with harness.tempdir() as d:
        profiles = lf.write_profile(d, "five", {
            "p%d" % a: {"holding": a, "type": "uint16", "scale": 0.01}
            for a in lf.REGISTERS})
        values = {"p%d" % a: 18.21 for a in lf.REGISTERS}
        conf = lf.site(d, {"station": lf.tcp(harness.free_port(), {
            "dev": lf.device(every="3s")})})
        with harness.Farm(d, conf, profiles, script=lf.hold(
                "station/dev", values), frames=d + "/frames") as farm, \
                harness.Gateway(d, conf, profiles):
            since = 0
            for code, count in ((6, 2), (5, 2), (4, 1)):
                got = lf.fresh(d, "station/dev/%", ALL, 20, since)
                since = got[-1][0] + 1
                farm.do("DEVICE station/dev EXCEPTION %d COUNT %d" % (code,
                                                                      count))
                got = lf.fresh(d, "station/dev/%", ALL, 20, since)
                tap.ok(len(got) == ALL, "exception %02X: all have a value in "
                       "the same poll: %d" % (code, len(got)))
                asked = {}
                for t, b in lf.frames(d + "/frames", "station"):
                    if since < t <= got[-1][0] + 500:
                        asked[b[8:10]] = asked.get(b[8:10], 0) + 1
                tap.ok(sorted(asked.values()) == [1] * (ALL - 1) + [count + 1],
                       "exception %02X: only what was refused is asked again: "
                       "%s" % (code, sorted(asked.values())))
                since = got[-1][0] + 1
            bad = lf.wrong(d, "station/dev", values)
            tap.ok(not bad, "there is 18.21 in the store and nothing else: "
                   "%s" % bad[:3])
            conns = farm.stats()["lines"]["station"]["connections"]
            tap.ok(conns == 1, "over one connection: %d" % conns)


# ---- C21: holes

def exceptions(farm, path):
    return farm.stats()["devices"][path]["exceptions"]


def check_holes(tap):
    with harness.tempdir() as d:
        words = {"p%d" % a: {"holding": "0x%X" % a, "type": "uint16"}
                 for a in (11174, 11176, 11177, 11179)}
        values = {p: 7000 + i for i, p in enumerate(words)}
        profiles = lf.write_profile(d, "holed", words, bridge_gaps=8)
        lf.write_profile(d, "lavish", {
            "w%d" % a: {"holding": a, "type": "uint16"} for a in range(24)})
        field = d + "/field"
        lf.write_profile(field, "holed", words, bridge_gaps=8)
        lf.write_profile(field, "lavish", {
            "w%d" % a: {"holding": a, "type": "uint16"} for a in range(24)},
            registers_per_read=10)
        conf = lf.site(d, {"north": lf.rtu(d, "north", {
            "dev": lf.device("holed", 1, "500ms"),
            "ten": lf.device("lavish", 2, "500ms")})})
        script = lf.hold("north/dev", values) + \
            lf.hold("north/ten", {"w%d" % a: a for a in range(24)}) + \
            "HOLE north/dev 11175\nHOLE north/dev 11179\n"
        with harness.Farm(d, conf, [field + "/profiles"],
                          script=script) as farm, \
                harness.Gateway(d, conf, profiles):
            got = lf.fresh(d, "north/dev/p11174", 2, 20, 0)
            tap.ok(len(got) >= 2, "two cycles are through")
            holes = exceptions(farm, "north/dev")
            got = lf.fresh(d, "north/ten/w23", 6, 20, 0)
            tap.ok(len(got) >= 6, "six of the one that takes ten registers, "
                   "which are found by trial")
            limit = exceptions(farm, "north/ten")
            time.sleep(5)
            now = exceptions(farm, "north/dev")
            tap.ok(holes and now == holes, "holes: nothing is refused after "
                   "two cycles: %d times, then %d" % (holes, now))
            now = exceptions(farm, "north/ten")
            tap.ok(limit and now == limit, "nor after six where a limit had "
                   "to be found: %d times, then %d" % (limit, now))
            for p, n in (("north/dev/p11174", 8), ("north/dev/p11176", 8),
                         ("north/dev/p11177", 8), ("north/ten/w0", 8),
                         ("north/ten/w23", 8)):
                tap.ok(len(lf.good(d, p)) >= n, "%s is there every poll: %d" %
                       (p, len(lf.good(d, p))))
            said = lf.told(d, "does not have it", 5, "point",
                           "north/dev/p11179")
            tap.ok(said, "the one that does not exist is named: %s" % said)
            tap.ok(not lf.good(d, "north/dev/p11179"), "and has no value")
            bad = lf.wrong(d, "north/dev", values) + lf.wrong(
                d, "north/ten", {"w%d" % a: a for a in range(24)})
            tap.ok(not bad, "all values are their own: %s" % bad[:3])


# ---- C52: more than the line can do

def check_overrun(tap):
    """Twelve reads of 200 ms each, every second: 2.4 s."""
    n = 12
    with harness.tempdir() as d:
        points = {"q%d" % i: {"holding": i * 50, "type": "uint16"}
                  for i in range(n)}
        profiles = lf.write_profile(d, "slow", points)
        conf = lf.site(d, {"north": lf.rtu(d, "north", {
            "dev": lf.device("slow", 1, "1s")}, timeout="1s")})
        with harness.Farm(d, conf, profiles, script="LINE north LATE 190ms\n",
                          frames=d + "/frames") as farm, \
                harness.Gateway(d, conf, profiles) as g:
            lf.fresh(d, "north/dev/q11", 2, 30, 0)
            line = harness.wait_for(lambda: lf.line_of(g, "north").get(
                "overruns") and lf.line_of(g, "north"), 25)
            tap.ok(line, "overruns are counted, in `status --json`: %s" %
                   (line and line["overruns"]))
            said = lf.told(d, "cannot keep", 20, "line", "north")
            tap.ok(said, "and the line is named in an event: %s" % said)
            rss = harness.rss_kb(g.pids()["line north"])
            time.sleep(10)
            grown = harness.rss_kb(g.pids()["line north"]) - rss
            tap.ok(grown < 500, "memory is flat: %d kB more" % grown)
            asked = [b[2:4] for _, b in lf.frames(d + "/frames")]
            late = [i for i in range(n, len(asked) - n)
                    if len(set(asked[i:i + n])) != n]
            tap.ok(len(asked) > 4 * n and not late, "no point is asked twice "
                   "before all have been: %d requests, %s" % (len(asked),
                                                              late[:3]))
            true_times(tap, d)
            start = time.monotonic()
            tap.ok(g.stop() == 0 and time.monotonic() - start < 10,
                   "the stop is in order, in %.1f s" %
                   (time.monotonic() - start))


def true_times(tap, d):
    """A reading bears the time of its answer."""
    answers = [t for t, b in lf.frames(d + "/frames", direction="answer")]
    late = []
    for ts, name, _, quality, _ in lf.rows(d, "north/dev/q5"):
        off = min(abs(ts - t) for t in answers)
        if quality == "good" and off > 90:      # half of what a read takes
            late.append((ts, off))
    tap.ok(not late, "each value has the time of its own read: %s" % late[:3])


# ---- the port

def one(d, port, **keys):
    return lf.site(d, {"north": lf.rtu(
        d, "north", {"dev": lf.device(every="300ms")}, port=port, **keys)})


HOLD = """import fcntl, os, sys, time
f = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
fcntl.flock(f, fcntl.LOCK_EX)
print(1, flush=True)
time.sleep(300)
"""


def check_held(tap):
    """Another program has the port."""
    with harness.tempdir() as d:
        profiles, conf = lf.five(d), one(d, d + "/north.tty")
        s = lf.Serial(d + "/north.tty", lambda request: lf.read_answer(
            request, {a: 100 + a for a in lf.REGISTERS}))
        p = harness.spawn([sys.executable, "-c", HOLD, d + "/north.tty"],
                          stdout=subprocess.PIPE)
        p.stdout.readline()
        with open("/proc/%d/comm" % p.pid) as f:
            comm = f.read().strip()
        with harness.Gateway(d, conf, profiles) as g:
            said = lf.told(d, "in use", 15, "line", "north")
            tap.ok(said and "%s (pid %d)" % (comm, p.pid) in said,
                   "who has it is said by name: %s" % said)
            line = lf.line_of(g, "north")
            tap.ok(line["state"] == "failed" and comm in line["text"],
                   "status says so, too: %s" % line["text"])
            tap.ok(not s.requests, "and nothing is sent")
            p.kill()
            p.wait()
            got = lf.fresh(d, "north/dev/%", ALL, 30)
            tap.ok(len(got) >= ALL, "once it is free it is opened")
            two_masters(tap, d, conf, profiles)


def two_masters(tap, d, conf, profiles):
    other = d + "/other"
    os.mkdir(other)
    with harness.Gateway(other, conf.replace(d + "/store.db",
                                             other + "/store.db"), profiles):
        said = lf.told(other, "in use by gatewayd-line", 15, "line", "north")
        tap.ok(said, "a second gateway is kept off: %s" % said)


class AsNobody(harness.Gateway):
    """The gateway as a user who may do nothing."""

    def start(self, ready=20):
        nobody = pwd.getpwnam("nobody")
        for where, dirs, files in os.walk(self.dir):
            for name in dirs + files + ["."]:
                path = os.path.join(where, name)
                if not os.path.islink(path):
                    os.chown(path, nobody.pw_uid, nobody.pw_gid)
        # Nobody may not look into every clone: a copy of the programs.
        real, bin_dir = self.dir + "/real", self.dir + "/bin"
        os.makedirs(real)
        os.makedirs(bin_dir)
        for name in os.listdir(self.build):
            path = os.path.join(self.build, name)
            if os.path.isfile(path) and os.access(path, os.X_OK):
                shutil.copy(path, real)
                os.symlink("%s/%s" % (real, name), bin_dir + "/" + name)
        os.remove(bin_dir + "/gatewayd")
        with open(bin_dir + "/gatewayd", "w") as f:
            f.write("#!/bin/sh\nexec setpriv --reuid=%d --regid=%d "
                    "--clear-groups %s/gatewayd \"$@\"\n" % (
                        nobody.pw_uid, nobody.pw_gid, real))
        os.chmod(bin_dir + "/gatewayd", 0o755)
        self.build = self.dir + "/bin"
        return super().start(ready)


def can_be_nobody():
    """None, or why not."""
    if os.getuid() != 0:
        return "needs root to become somebody else"
    return None if shutil.which("setpriv") else "needs setpriv"


def check_denied(tap):
    why = can_be_nobody()
    if why:
        return tap.skip("a port that may not be opened", why)
    group = next((g.gr_name for g in grp.getgrall()
                  if g.gr_name == "dialout"), grp.getgrgid(1).gr_name)
    for mode, words in ((0o660, "to the group %s" % group),
                        (0o600, "udev rule")):
        with harness.tempdir() as d:
            profiles, conf = lf.five(d), one(d, d + "/north.tty")
            with harness.Farm(d, conf, profiles) as farm:
                tty = os.path.realpath(farm.tty("north"))
                os.chown(tty, 0, grp.getgrnam(group).gr_gid)
                os.chmod(tty, mode)
                with AsNobody(d, conf, profiles) as g:
                    said = lf.told(d, "permission denied", 15, "line", "north")
                    tap.ok(said and words in said,
                           "mode %04o: what to do is said: %s" % (mode, said))
                    os.chmod(tty, 0o666)
                    got = lf.fresh(d, "north/dev/%", ALL, 30)
                    tap.ok(len(got) >= ALL and g.p.poll() is None,
                           "mode %04o: once allowed it is opened" % mode)


def check_baud(tap):
    """What comes at a wrong speed: bytes without sense."""
    with harness.tempdir() as d:
        profiles, conf = lf.five(d), one(d, d + "/north.tty")
        rubbish = bytes.fromhex("FC0E80F3F31C0000FE")
        s = lf.Serial(d + "/north.tty", lambda request: rubbish)
        with harness.Gateway(d, conf, profiles) as g:
            said = lf.told(d, "baud", 30, "device", "north/dev")
            tap.ok(said and "parity" in said and "make no sense" in said,
                   "bytes without sense: the hint is at the settings: %s" %
                   said)
            tap.ok(harness.wait_for(lambda: "baud" in lf.device_of(
                g, "north/dev").get("text", ""), 5), "status says so, too")
            tap.ok(not lf.good(d, "north/dev/%") and s.requests,
                   "and nothing was believed")


CHECKS = {
    "dead-half": check_dead_half,
    "dead-from-start": check_dead_from_start,
    "nobody": check_nobody,
    "unplugged": check_unplugged,
    "gateway-says": check_gateway_says,
    "busy": check_busy,
    "holes": check_holes,
    "overrun": check_overrun,
    "held": check_held,
    "denied": check_denied,
    "baud": check_baud,
}

lf.side_by_side(CHECKS, __file__, sys.argv[1:], 220)
