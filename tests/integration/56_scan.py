"""gatewayctl scan on a bus of ten mixed devices at three speeds: it finds all
ten, tells what each may be, and prints a site file that check accepts; on the
bare port, and through a running gateway that goes on polling. It writes
nothing. gatewayctl set-unit gives one of them another unit.
"""
# timeout: 300
# san: no         a bus's own pace; its programs' unit tests are
import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness  # noqa: E402

# Type, unit, baud, parity. Three speeds and two parities on one pair of wires.
TEN = [("cwt-soil-thc-s", 5, 4800, "none"),
       ("renke-rs-ws-n01", 7, 4800, "none"),
       ("zts-3000-ph", 9, 4800, "none"),
       ("jxct-jxbs-3001-a", 3, 9600, "none"),
       ("seeed-mtec-02a", 4, 9600, "none"),
       ("waveshare-relay-8", 12, 9600, "none"),
       ("tuf-2000m", 14, 9600, "none"),
       ("qdy30a", 17, 9600, "none"),
       ("truebner-smt100", 20, 9600, "even"),
       ("epever-tracer", 25, 19200, "none")]
SPEEDS = ["--baud", "4800,9600,19200"]
UNITS = ["--units", "3-9,12,14,16,17,20,25"]


def site(d, ten, every="1s"):
    devices = "".join("      d%d: {type: %s, unit: %d, every: %s}\n" %
                      (unit, kind, unit, every) for kind, unit, _, _ in ten)
    return ("gateway: {id: scan}\nstore: {path: %s/store.db}\nlines:\n"
            "  north:\n    transport: rtu\n    port: %s/north.tty\n"
            "    baud: 9600\n    devices:\n%s" % (d, d, devices))


def farm(d):
    script = "".join("DEVICE north/d%d SPEED %s %d\n" % (
        unit, "" if parity == "none" else parity, baud)
        for _, unit, baud, parity in TEN)
    return harness.Farm(d, site(d, TEN), script=script)


def ctl(d, *args, run_dir="/nonexistent", **kwargs):
    return subprocess.run(
        [harness.BUILD + "/gatewayctl", "--run-dir", run_dir] + list(args),
        text=True, capture_output=True, timeout=120, **kwargs)


def scan(d, *args, **kwargs):
    return ctl(d, "scan", *args, "--profiles", harness.PROFILES, **kwargs)


def judge(tap, what, r):
    """All ten, at their settings, by their type or one with its registers."""
    got = json.loads(r.stdout) if r.returncode == 0 else {"found": []}
    found = {f["unit"]: f for f in got["found"]}
    tap.ok(r.returncode == 0 and sorted(found) == sorted(t[1] for t in TEN),
           "%s: finds units %s, wants %s %s" % (
               what, sorted(found), sorted(t[1] for t in TEN),
               r.stderr[-300:]))
    for kind, unit, baud, parity in TEN:
        f = found.get(unit, {})
        tap.ok(f.get("baud") == baud and f.get("parity") == parity,
               "%s: unit %d at %d %s: %s %s" % (
                   what, unit, baud, parity, f.get("baud"), f.get("parity")))
        tap.ok(kind in [f.get("type")] + f.get("alike", []),
               "%s: unit %d is a %s: %s, %s (%s; or %s; %d requests)" % (
                   what, unit, kind, f.get("sure"), f.get("type"),
                   f.get("why"), f.get("alike"), f.get("requests", 0)))
    return got


def check_file(tap, d, what, text):
    path = d + "/found.yaml"
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, 0o600)
    r = ctl(d, "check", path, "--profiles", harness.PROFILES)
    tap.ok(r.returncode == 0, "%s: check accepts the site file: %s" % (
        what, (r.stdout + r.stderr)[-300:]))
    for _, unit, _, _ in TEN:
        tap.ok("unit: %d}" % unit in text, "%s: it has unit %d" % (what, unit))


def writes(f):
    return sum(x["writes"] for x in f.stats()["devices"].values())


def directly(tap, d):
    with farm(d) as f:
        where = ["--port", f.tty("north")] + SPEEDS + \
            ["--parity", "none,even"] + UNITS
        got = judge(tap, "directly", scan(d, *where, "--json"))
        tap.ok(not got.get("through_gateway"), "no gateway was asked")
        check_file(tap, d, "directly", got.get("site_file", ""))
        tap.ok(writes(f) == 0, "nothing was written")
        factory(tap, d, f)
        spoilt(tap, d, f)
        slow(tap, d, f)
        set_unit(tap, d, f)
        universal(tap, d, f)


def factory(tap, d, f):
    """Without --baud a bare port speaks as its type leaves the factory."""
    at = ["--port", f.tty("north"), "--unit", "5", "--profiles",
          harness.PROFILES, "--timeout", "200ms"]
    kind = ["--type", "cwt-soil-thc-s"]
    for args in (["read"] + kind, ["watch", "--times", "1"] + kind,
                 ["write", "holding", "0", "1", "--dry-run"] + kind):
        r = ctl(d, *args, *at)
        tap.ok(r.returncode == 0, "%s by the type's speed: %s" % (
            args[0], r.stderr.strip()))
    r = ctl(d, "read", *kind, *at, "--baud", "9600")
    tap.ok(r.returncode == 4, "unless another is said: %s" % r.stderr.strip())
    for cmd in (["read", "holding", "0"] + at,
                ["scan", "--port", f.tty("north")]):
        r = ctl(d, *cmd, "--baud", "9601")
        tap.ok(r.returncode == 2 and "9601" in r.stderr,
               "%s: no such speed: 2" % cmd[0])


def spoilt(tap, d, f):
    """Two with one unit speak at once: what comes is spoilt each time."""
    f.do("DEVICE north/d4 CRC wrong")
    r = scan(d, "--port", f.tty("north"), "--baud", "9600", "--units", "1-5",
             "--json")
    found = {x["unit"]: x for x in json.loads(r.stdout)["found"]}
    tap.ok(found.get(4, {}).get("state") == "garbled" and
           found.get(3, {}).get("state") == "answers",
           "answers that are always spoilt: %s" % found.get(4, {}))
    r = scan(d, "--port", f.tty("north"), "--baud", "9600", "--units", "1-5")
    tap.ok("several devices have this unit" in
           " ".join(r.stdout.replace("#", "").split()),
           "are said to be several devices")
    f.do("DEVICE north/d4 NORMAL")


def slow(tap, d, f):
    """It answers when the next is asked already."""
    f.do("DEVICE north/d3 TURNAROUND 150ms")
    r = scan(d, "--port", f.tty("north"), "--baud", "9600", "--units", "1-8",
             "--timeout", "100ms", "--json")
    found = [x["unit"] for x in json.loads(r.stdout)["found"]]
    tap.ok(found == [4, 3], "a slow unit is found by its late answer: %s" %
           found)
    f.do("DEVICE north/d3 TURNAROUND 5ms")


def universal(tap, d, f):
    """One device alone: found by the id its family answers to."""
    f.do("LINE north SILENT")
    f.do("DEVICE north/d5 NORMAL")
    where = ["--port", f.tty("north"), "--baud", "4800",
             "--timeout", "200ms"]
    r = scan(d, *where, "--quick", "--json")
    found = [(x["unit"], x.get("universal"), x["type"])
             for x in json.loads(r.stdout)["found"]]
    tap.ok(found == [(5, 255, "cwt-soil-thc-s")],
           "--quick finds the one device: %s" % found)
    r = scan(d, *where, "--quick", "--units", "1-3")
    tap.ok(r.returncode == 4 and not r.stdout.count("unit 5"),
           "but none outside --units: %s" % r.stdout)
    for old, new in (("255", "9"), ("9", "5")):
        r = ctl(d, "set-unit", "--from", old, "--to", new, "--type",
                "cwt-soil-thc-s", *where, "--profiles", harness.PROFILES,
                "--yes")
        tap.ok(r.returncode == 0 and "unit %s answers" % new in r.stdout,
               "set-unit from %s to %s: %s" % (old, new, r.stderr.strip()))
    f.do("LINE north NORMAL")


def over_tcp(tap, d):
    port = harness.free_port()
    conf = ("gateway: {id: scan}\nlines:\n  station:\n    transport: tcp\n"
            "    host: 127.0.0.1:%d\n    devices:\n"
            "      meter: {type: tuf-2000m, unit: 2}\n"
            "      probe: {type: seeed-mtec-02a, unit: 6}\n"
            "      relays: {type: wirenboard-wb-mr6c, unit: 8}\n" % port)
    with harness.Farm(d, conf):
        where = ["--host", "127.0.0.1:%d" % port, "--units", "1-8",
                 "--timeout", "60ms"]
        r = scan(d, *where, "--json")
        found = {x["unit"]: x["type"] for x in json.loads(r.stdout)["found"]}
        tap.ok(found == {2: "tuf-2000m", 6: "seeed-mtec-02a",
                         8: "wirenboard-wb-mr6c"},
               "over TCP: %s %s" % (found, r.stderr))
        path = d + "/found.yaml"
        with open(path, "w") as f:
            f.write(scan(d, *where).stdout)
        with open(path) as f:
            text = f.read()
        tap.ok("\n      # unit 2, TCP" in text and all(
            len(x) <= 78 for x in text.splitlines() if "#" in x),
            "over TCP: nothing is wider than 78 columns: %s" % text)
        flow = [x.split() for x in text.splitlines() if "#   flow " in x]
        tap.ok(flow and len(flow[0][2]) <= 9, "over TCP: few digits: %s" %
               flow)
        os.chmod(path, 0o600)
        r = ctl(d, "check", path, "--profiles", harness.PROFILES)
        tap.ok(r.returncode == 0 and "warning" not in r.stderr and
               "every: " in text, "over TCP: check accepts the site file: %s"
               % (r.stdout + r.stderr))


def set_unit(tap, d, f):
    where = ["--port", f.tty("north"), "--profiles", harness.PROFILES,
             "--timeout", "200ms"]
    cwt = ["--type", "cwt-soil-thc-s"]  # which says 4800
    r = ctl(d, "set-unit", "--from", "5", "--to", "7", *cwt, *where, "--yes")
    tap.ok(r.returncode == 1 and "unit 7" in r.stderr,
           "set-unit: another has the new unit: %s" % r.stderr.strip())
    r = ctl(d, "set-unit", "--from", "6", "--to", "8", *cwt, *where, "--yes")
    tap.ok(r.returncode == 4 and "unit 6" in r.stderr,
           "set-unit: none has the old one: %s" % r.stderr.strip())
    tap.ok(writes(f) == 0, "set-unit: nothing was written until then")
    r = ctl(d, "set-unit", "--from", "5", "--to", "8", *cwt, *where,
            input="no\n")
    tap.ok(r.returncode == 1 and writes(f) == 0,
           "set-unit: not confirmed, not done: %s" % r.stderr.strip())
    r = ctl(d, "set-unit", "--from", "5", "--to", "8", *cwt, *where, "--yes")
    tap.ok(r.returncode == 0 and "unit 8" in r.stdout,
           "set-unit: done: %s %s" % (r.stdout.strip(), r.stderr.strip()))
    tap.ok(f.do("GET north/d5 holding 2000 1") == "8",
           "set-unit: the register holds 8")
    r = ctl(d, "set-unit", "--from", "8", "--to", "5", *cwt, *where, "--yes")
    tap.ok(r.returncode == 0, "set-unit: and back")
    r = ctl(d, "set-unit", "--from", "12", "--to", "13", "--type",
            "zts-3000-ph", "--baud", "9600", *where, "--yes")
    tap.ok(r.returncode == 1, "set-unit: of a device that does not take it: %s"
           % r.stderr.strip())


def through_gateway(tap, d):
    own = [t for t in TEN if t[2:] == (9600, "none")]
    with farm(d) as f, harness.Gateway(d, site(d, own)) as g:
        tap.ok(harness.wait_for(lambda: good(g), 20),
               "the gateway's own devices are read")
        before = {k: v["requests"] for k, v in f.stats()["devices"].items()}
        start = time.monotonic()
        r = scan(d, "north", *SPEEDS, "--parity", "none,even", *UNITS,
                 "--json", run_dir=g.run_dir)
        took = time.monotonic() - start
        got = judge(tap, "through the gateway", r)
        tap.ok(got.get("through_gateway") is True, "the gateway was asked")
        check_file(tap, d, "through the gateway", got.get("site_file", ""))
        tap.ok([x["unit"] for x in got["found"] if x.get("configured")] and
               all(x.get("configured") == "north/d%d" % x["unit"]
                   for x in got["found"] if x["unit"] in
                   [t[1] for t in own]), "the gateway's own are named")
        polls = f.stats()["devices"]["north/d3"]["requests"] - \
            before["north/d3"]
        tap.ok(polls >= took / 2, "polls went on: %d requests to d3 in %.1f s" % (
            polls, took))
        tap.ok(good(g), "all points are good still")
        r = scan(d, "--port", f.tty("north"), "--baud", "4800", *UNITS,
                 run_dir=g.run_dir)
        tap.ok("through the gateway" in r.stdout,
               "a port of the gateway's is not fought over")
        check_refusals(tap, d, g)
        tap.ok(writes_but_outputs(f) == 0, "nothing was written")


def interrupted(tap, d):
    """Its line, then the gateway itself, is killed while units are compared:
    nothing is said of what was not."""
    own = [t for t in TEN if t[1] == 3]
    for what, code in (("line", 1), ("gateway", 3)):
        with farm(d) as f, harness.Gateway(d, site(d, own)) as g:
            seen = lambda: f.stats()["devices"]["north/d4"]["requests"]  # noqa
            line = g.status()["lines"][0]["pid"]
            p = harness.spawn(
                [harness.BUILD + "/gatewayctl", "scan", "north", "--units",
                 "4,12,14,17", "--run-dir", g.run_dir, "--profiles",
                 harness.PROFILES], stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True)
            tap.ok(harness.wait_for(lambda: seen() > 2, 30), "it compares")
            if what == "line":
                os.kill(line, signal.SIGKILL)
            else:
                g.kill9()
            out, err = p.communicate(timeout=60)
            tap.ok(p.returncode == code, "%s killed: %d, wants %d" % (
                what, p.returncode, code))
            tap.ok("interrupted" in err and "interrupted" in out and
                   "no profile fits" not in out and
                   "# no device of a known type was found\n" not in out and
                   "unit 17" in out, "%s killed: is said: %s%s" % (
                       what, out, err))
            if what == "gateway":
                g.start()  # it is to end well


def good(g):
    points = [v["quality"] for k, v in g.points().items()
              if k.split("/")[1] in ("d3", "d4", "d12")]
    return points and all(q == "good" for q in points)


def writes_but_outputs(f):
    return sum(x["writes"] for k, x in f.stats()["devices"].items()
               if k != "north/d12")


def check_refusals(tap, d, g):
    r = ctl(d, "set-unit", "north", "--from", "3", "--to", "40", "--type",
            "jxct-jxbs-3001-a", "--profiles", harness.PROFILES, "--yes",
            run_dir=g.run_dir)
    tap.ok(r.returncode == 1 and "north/d3" in r.stderr,
           "set-unit: not of a device that the gateway has: %s" %
           r.stderr.strip())
    r = ctl(d, "scan", "north", "--site", d + "/none.yaml")
    tap.ok(r.returncode == 1 and "none.yaml: No such" in r.stderr and
           "--port" in r.stderr and "1 error" not in r.stderr,
           "no gateway, no site file: %s" % r.stderr.strip())
    r = ctl(d, "scan", "south", run_dir=g.run_dir)
    tap.ok(r.returncode == 1 and "north" in r.stderr,
           "a line that is not there: %s" % r.stderr.strip())


def main():
    tap = harness.Tap()
    with harness.tempdir() as d:
        directly(tap, d)
    with harness.tempdir() as d:
        over_tcp(tap, d)
    with harness.tempdir() as d:
        through_gateway(tap, d)
    with harness.tempdir() as d:
        interrupted(tap, d)
    tap.finish()


main()
