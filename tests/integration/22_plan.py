#!/usr/bin/python3
"""gatewayctl plan: what a site's lines will carry, against sums made by hand.

One read of N registers takes (8 + 5 + 2N) x bits a character / baud, twice
3.5 characters of silence, and the turnaround (MODBUS over Serial Line V1.02,
2.5.1.1)."""
# timeout: 120
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import harness  # noqa: E402

BAD = harness.BUILD + "/tests/bad"
HEAD = "gateway: {id: planned, timezone: Asia/Shanghai}\nlines:\n"
FOUR = """profile: four
maker: nobody
model: four registers in a row
source: this test
points:
""" + "".join("  r%d: {holding: %d, type: uint16}\n" % (i, i)
              for i in range(4))


def near(a, b, share=0.0005):
    return abs(a - b) <= share * abs(b) + 0.0006


def ctl(d, site, *args):
    with open(d + "/site.yaml", "w") as f:
        f.write(site)
    os.makedirs(d + "/profiles", exist_ok=True)
    with open(d + "/profiles/four.yaml", "w") as f:
        f.write(FOUR)
    return run(d, "plan", *args)


def run(d, command, *args):
    dirs = ["--profiles", d + "/profiles", "--profiles", harness.PROFILES,
            "--plugins", harness.PLUGINS, "--plugins", BAD]
    r = subprocess.run([harness.BUILD + "/gatewayctl", command,
                        d + "/site.yaml"] + dirs + list(args),
                       capture_output=True, text=True, timeout=60)
    return r.returncode, r.stdout, r.stderr


def plan(tap, d, site, *args):
    """Its only line's first connection, and the whole."""
    code, out, err = ctl(d, site, "--json", *args)
    if not tap.ok(code == 0 and not err, "plan --json: 0 " + err):
        tap.finish()
    whole = json.loads(out)
    return whole["lines"][0]["connections"][0], whole


def rtu(devices, port="/dev/ttyUSB0", extra=""):
    return HEAD + "  north:\n    transport: rtu\n    port: %s\n%s" \
        "    devices:\n%s" % (port, extra, "".join(
            "      %s\n" % x for x in devices))


def twenty(every="10s"):
    return rtu(["u%d: {type: four, unit: %d, every: %s}" % (i, i, every)
                for i in range(1, 21)])


def twenty_units(tap, d):
    one = 21 * 10 / 9.6 + 2 * 3.5 * 10 / 9.6 + 5        # ms
    silent = one - 5 + 1000
    way, whole = plan(tap, d, twenty())
    line = whole["lines"][0]
    tap.ok(whole["gateway"] == "planned" and whole["turnaround_ms"] == 5 and
           (line["line"], line["transport"], line["baud"], line["parity"],
            line["stop_bits"]) == ("north", "rtu", 9600, "none", 1) and
           way["connection"] == "/dev/ttyUSB0", "which line it is")
    first = way["devices"][0]
    tap.ok((first["device"], first["type"], first["unit"], first["every_ms"],
            first["timeout_ms"], first["requests"], first["bytes"]) ==
           ("north/u1", "four", 1, 10000, 1000, 1, 21) and
           near(first["time_ms"], one), "a device: 21 bytes, 34.167 ms")
    tap.ok(way["requests"] == 20 and way["bytes"] == 420 and
           near(way["sweep_ms"], 683.333) and
           near(way["use_percent"], 6.8333) and
           way["real_every_ms"] is None, "a sweep: 420 bytes, 683.333 ms")
    tap.ok([x["dead"] for x in way["dead"]] == [1, 2, 3, 10],
           "1, 2, 3 and half of them dead")
    for x in way["dead"]:
        k = x["dead"]
        living = (20 - k) * one
        probes = k * silent / 53000  # a probe every 53 s
        tap.ok(near(x["noticing_ms"], living + k * 3 * (silent + 1000)) and
               near(x["cycle_ms"], living * (1 + probes)) and
               near(x["use_percent"], 100 * (living / 10000 + probes)) and
               (x["requests"], x["bytes"]) == (20 - k, 21 * (20 - k)) and
               len(x["devices"]) == k, "%d dead: %s" % (k, x))
    way, _ = plan(tap, d, twenty(), "--turnaround", "20ms", "--dead", "4")
    tap.ok(near(way["sweep_ms"], 20 * (one + 15)), "--turnaround 20ms")
    tap.ok([x["dead"] for x in way["dead"]] == [4], "--dead 4")


def too_much(tap, d):
    way, _ = plan(tap, d, twenty("100ms"))
    tap.ok(near(way["use_percent"], 683.333) and
           near(way["real_every_ms"], 683.333),
           "a line with too much to do: how often points come")
    code, out, err = ctl(d, twenty("100ms"))
    tap.ok(code == 0 and "683 %" in out and
           "what is due every 100 ms comes about every 683 ms" in out,
           "and so it says")


def mixed(tap, d):
    # 23 bytes of 10 bits at 4800, one silence, and the 20 ms of rest that
    # the profile wants in place of the other.
    way, _ = plan(tap, d, rtu(
        ["soil: {type: cwt-soil-thc-s, unit: 1, every: 5min}"],
        extra="    baud: 4800\n"))
    tap.ok(way["requests"] == 1 and way["bytes"] == 23 and
           near(way["sweep_ms"], 230 / 4.8 + 35 / 4.8 + 20 + 5),
           "a rest that the device needs replaces the silence")
    # 10 s and 60 s: five polls of three registers, the sixth of four.
    way, _ = plan(tap, d, rtu(
        ["u: {type: four, unit: 1, every: 10s,"
         " points: {r3: {every: 60s}}}"]), "--turnaround", "0ms")
    tap.ok(near(way["use_percent"], 100 * (5 * 27.0833 + 29.1667) / 60000) and
           near(way["sweep_ms"], 29.1667), "mixed periods meet")
    # Even parity: 11 bits; above 19200 baud the silence is 1.75 ms.
    way, _ = plan(tap, d, rtu(
        ["u: {type: four, unit: 1, every: 10s}"],
        extra="    baud: 115200\n    parity: even\n"), "--turnaround", "0ms")
    tap.ok(near(way["sweep_ms"], 21 * 11 / 115.2 + 3.5), "115200 8E1")


def plugins(tap, d):
    # Unit, totals, errors, and the serial number in every sixtieth poll.
    reads = [2, 28, 1, 2]
    ms = [(13 + 2 * n + 7) * 10 / 9.6 + 5 for n in reads]
    way, _ = plan(tap, d, rtu(
        ["m: {type: tuf-2000m-total, unit: 1, every: 10s}"]))
    tap.ok(way["requests"] == 4 and
           way["bytes"] == sum(13 + 2 * n for n in reads) and
           near(way["sweep_ms"], sum(ms)), "a plugin's list is asked")
    tap.ok(near(way["use_percent"], (sum(ms[:3]) + ms[3] / 60) / 100),
           "and what it reads now and then counts as such")
    if not os.path.exists(BAD + "/badop.so"):
        tap.skip("plugins that misbehave", "make test builds them")
        return
    code, out, err = ctl(d, rtu(["m: {type: badop, unit: 1, every: 1s}",
                                 "u: {type: four, unit: 2, every: 1s}"]),
                         "--json")
    way = json.loads(out)["lines"][0]["connections"][0]
    tap.ok(code == 1 and "north/m" in err and "126" in err and
           "126" in way["devices"][0]["problem"] and way["requests"] == 1,
           "a plugin that breaks its contract: 1, and why")
    began = time.monotonic()
    code, out, err = ctl(d, rtu(["m: {type: stuck, unit: 1, every: 1s}"]))
    tap.ok(code == 1 and not out and "loop" in err and
           time.monotonic() - began < 30, "a plugin that loops: 1, in time")


def tcp(tap, d):
    site = HEAD + """  station:
    transport: tcp
    host: 192.0.2.50:502
    devices:
      m1: {type: four, unit: 1, every: 1s}
      m2: {type: four, unit: 2, every: 1s}
      m3: {type: four, unit: 1, every: 1s, host: "[2001:db8::7]"}
"""
    way, whole = plan(tap, d, site)
    ways = whole["lines"][0]["connections"]
    tap.ok([x["connection"] for x in ways] ==
           ["192.0.2.50:502", "[2001:db8::7]:502"],
           "a device with a host of its own is on a way of its own")
    tap.ok(way["bytes"] == 2 * (12 + 9 + 8) and
           near(way["sweep_ms"], 2 * 5.3) and
           near(way["use_percent"], 1.06), "TCP: 5.3 ms an exchange")
    one = way["dead"][0]
    # Asked after 0, 1, 3 and 7 s: lost needs 5 s, too.
    tap.ok(near(one["noticing_ms"], 5.3 + 4 * 1000.3),
           "TCP: no wait for late answers")
    tap.ok("baud" not in whole["lines"][0], "TCP has no baud")
    code, out, err = ctl(d, site)
    tap.ok(code == 0 and "2 connections" in out and "station/m3" in out,
           "the table names the connections")


def tables(tap, d):
    code, out, err = ctl(d, twenty())
    rows = [x.split() for x in out.splitlines()]
    tap.ok(code == 0 and not err, "the table: 0")
    tap.ok(rows[1] == ["north", "rtu", "/dev/ttyUSB0", "9600", "8N1"],
           "the line")
    tap.ok("north/u20 10 s 1 21 34.2 ms 0.34 %".split() in rows, "a device")
    tap.ok("0 20 420 683 ms 6.83 %".split() in rows, "the sweep")
    tap.ok("3 17 357 615 ms 18.8 s 11.6 %".split() in rows, "three dead")


def mistakes(tap, d):
    bad = rtu(["u: {type: fuor, unit: 1, every: 10s}", "v: {unit: 300}"])
    code, out, err = ctl(d, bad)
    tap.ok(code == 1 and not out and "site.yaml:7:" in err and
           "did you mean" in err, "a wrong site: 1, and where")
    tap.ok(run(d, "check") == (code, out, err), "as check says it")
    for args in (("--turnaround", "20"), ("--turnaround", "-1ms"),
                 ("--turnaround", "11s"), ("--turnaround", "nan"),
                 ("--dead", "0"), ("--dead", "x"), ("--dead", "300"),
                 ("--what",), (d + "/site.yaml",)):
        code, out, err = ctl(d, twenty(), *args)
        tap.ok(code == 2 and err and not out, "%s: 2" % (args,))
    r = subprocess.run([harness.BUILD + "/gatewayctl", "plan", "--help"],
                       capture_output=True, text=True, timeout=60)
    tap.ok(r.returncode == 0 and all(x in r.stdout for x in (
        "SWEEP", "AT FIRST", "--turnaround", "3.5 characters")),
        "--help says what the words mean")


def main():
    tap = harness.Tap()
    with harness.tempdir() as d:
        os.chmod(d, 0o755)
        twenty_units(tap, d)
        too_much(tap, d)
        mixed(tap, d)
        plugins(tap, d)
        tcp(tap, d)
        tables(tap, d)
        mistakes(tap, d)
    tap.finish()


main()
