#!/usr/bin/python3
"""gatewayctl write against a simulated valve board and probe: an output is
open for its time and no longer, a setting is set, what cannot be is refused,
and all of it stands among the events with who asked (field cases C47, C48)."""
# timeout: 150
import json
import os
import pwd
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import harness  # noqa: E402

SITE = """gateway: {{id: write, clock: {{trust: system}}}}
store: {{path: "{d}/store.db", commit: 5s}}
lines:
  north:
    transport: rtu
    port: "{d}/north.tty"
    baud: 9600
    timeout: 200ms
    devices:
      valves-1: {{type: waveshare-relay-8, unit: 20, every: 500ms}}
      soil-a1: {{type: seeed-mtec-02a, unit: 2, every: 500ms}}
"""
VALVES = "north/valves-1"
RELAY = VALVES + "/relay_1"
SOIL = "north/soil-a1/soil_type"
ME = "%s (uid %d) through gatewayctl" % (pwd.getpwuid(os.getuid()).pw_name,
                                         os.getuid())


def commands(d, subject=RELAY):
    return [x for x, in harness.sqlite(
        d + "/store.db", "SELECT text FROM events WHERE kind = 'command' AND "
        "subject = ? ORDER BY seq", subject)]


def is_open(farm):
    return farm.coils(VALVES)[0] == 1


def value(g, point):
    return g.points().get(point, {}).get("value")


def write(g, *args):
    return g.ctl("write", *args)


def opened_for_its_time(tap, farm, g, d):
    before = time.monotonic()
    r = write(g, RELAY, "on", "--for", "3s")
    after = time.monotonic()
    tap.ok(r.returncode == 0 and r.stdout.startswith(
        RELAY + " is open, and closes by itself after 3s"),
        "it is opened: " + r.stdout + r.stderr)
    tap.ok(is_open(farm), "the coil is on when the command says done")
    tap.ok(harness.wait_for(lambda: value(g, RELAY) == 1, 2),
           "points shows it open")
    tap.ok(harness.wait_for(lambda: not is_open(farm), 6, step=0.02),
           "the coil goes off by itself")
    end = time.monotonic()
    tap.ok(end - after <= 3.6 and end - before >= 2.9,
           "after 3 s: it was on for %.2f to %.2f s" % (end - after,
                                                        end - before))
    tap.ok(harness.wait_for(lambda: value(g, RELAY) == 0, 3),
           "points shows it closed")
    asked = "open for 3s, asked by " + ME
    # The site commits every 5 s; events do not wait for that.
    got = harness.wait_for(lambda: len(commands(d)) >= 2 and commands(d), 2)
    tap.ok(got and got[0] == asked and got[1].startswith(asked + ": done"),
           "both are recorded with their author: %s" % got)


def closed_before_its_time(tap, farm, g):
    r = write(g, RELAY, "on", "--for", "10min")
    tap.ok(r.returncode == 0 and is_open(farm), "opened for ten minutes")
    r = write(g, RELAY, "off")
    tap.ok(r.returncode == 0 and r.stdout.startswith(RELAY + " is off"),
           "and closed: " + r.stdout + r.stderr)
    tap.ok(not is_open(farm), "the coil is off when the command says done")
    r = write(g, RELAY, "on", "--for=1min", "--json")
    tap.ok(r.returncode == 0 and json.loads(r.stdout)["result"] == "done",
           "--json: " + r.stdout.strip())
    r = write(g, RELAY, "off", "--json")
    tap.ok(r.returncode == 0 and json.loads(r.stdout)["result"] == "done" and
           not is_open(farm), "and off")


def refused(tap, farm, g, d):
    for args, why in (
            ((RELAY, "on"), "for how long"),
            ((RELAY, "on", "--for", "5h"), "4h at most"),
            ((RELAY, "7"), "on or off"),
            ((RELAY, "off", "--for", "1s"), "only opening"),
            ((VALVES + "/relay1", "on", "--for", "1s"), RELAY),
            (("north/soil-a1/moisture", "3"), "only be read"),
            ((SOIL, "sand"), "such as mineral")):
        r = write(g, *args)
        tap.ok(r.returncode == 1 and "refused" in r.stderr and
               why in r.stderr and not r.stdout,
               "refused: " + r.stderr.strip())
        got = harness.wait_for(lambda: [x for x in commands(d, args[0])
                                        if "refused" in x and why in x], 2)
        tap.ok(got and ME in got[-1], "and recorded: %s" % got)
    tap.ok(not any(farm.coils(VALVES)), "no coil is on for it")


def set_to(tap, farm, g):
    def raw():
        return farm.do("GET north/soil-a1 holding 32 1").split()

    for word, number in (("organic", "3"), ("1", "1")):
        r = write(g, SOIL, word)
        tap.ok(r.returncode == 0 and r.stdout.startswith(
            "%s is set to %s" % (SOIL, word)),
            "a setting: " + r.stdout + r.stderr)
        tap.ok(raw() == [number], "the register holds %s: %s" % (number,
                                                                 raw()))


def without_answer(tap, farm, g):
    farm.do("DEVICE %s SILENT" % VALVES)
    begin = time.monotonic()
    r = write(g, RELAY, "on", "--for", "1s")
    took = time.monotonic() - begin
    tap.ok(r.returncode == 1 and ("uncertain" in r.stderr or
                                  "refused" in r.stderr) and took < 17,
           "a mute board, in %.1f s: %s" % (took, r.stderr.strip()))
    farm.do("DEVICE %s NORMAL" % VALVES)
    tap.ok(harness.wait_for(lambda: write(g, RELAY, "off").returncode == 0,
                            75, step=0.5), "once it is back it obeys again")
    tap.ok(not is_open(farm), "and is closed")


def without_line(tap, farm, g):
    pid = g.pids()["line north"]
    os.kill(pid, signal.SIGSTOP)
    os.kill(pid, signal.SIGKILL)
    r = harness.wait_for(lambda: [x for x in [write(
        g, RELAY, "on", "--for", "1min")] if x.returncode], 5)
    tap.ok(r and ("not running" in r[0].stderr or
                  "ended before" in r[0].stderr),
           "no line: " + (r[0].stderr.strip() if r else "it is opened"))
    tap.ok(harness.wait_for(lambda: write(g, RELAY, "on", "--for", "1min"
                                          ).returncode == 0, 20, step=0.5),
           "its successor obeys")
    tap.ok(is_open(farm), "the coil is on")


def main():
    tap = harness.Tap()
    with harness.tempdir() as d:
        site = SITE.format(d=d)
        with harness.Farm(d, site) as farm:
            with harness.Gateway(d, site) as g:
                tap.ok(harness.wait_for(lambda: value(g, RELAY) == 0 and
                                        value(g, SOIL) is not None, 20),
                       "the board and the probe are read")
                opened_for_its_time(tap, farm, g, d)
                closed_before_its_time(tap, farm, g)
                refused(tap, farm, g, d)
                set_to(tap, farm, g)
                without_answer(tap, farm, g)
                without_line(tap, farm, g)
                # Left open for its minute: the end of the gateway closes it.
            tap.ok(not is_open(farm), "SIGTERM closes what is open")
            r = write(g, RELAY, "off")
            tap.ok(r.returncode == 3 and "control.sock" in r.stderr,
                   "no gateway: 3")
    tap.finish()


main()
