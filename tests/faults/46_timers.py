#!/usr/bin/python3
"""Outputs that do not depend on the gateway alone, on the wire: the board's own
timer closes what was open when everything of ours was killed (C44); a pump
counts as running when it shows that it does; a latching gate gets whole pulses,
and its closing one at every start and end.

The scenarios run side by side; `46_timers.py NAME...` runs the named ones."""
# timeout: 180
# san: no
import json
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import harness  # noqa: E402
import line_field as lf  # noqa: E402

RELAY = "north/valves-1/relay_1"
PUMP, GATE = "north/pump-1/run", "north/gate-1/gate"


def types(d):
    """A drive that is only written, and a gate that latches."""
    lf.write_profile(d, "drive", {
        "run": {"holding": 0x2000, "type": "bool", "kind": "output",
                "on": 1, "off": 5, "write_only": True, "max_on": "1h",
                "confirm": "running", "settle": "2s"},
        "running": {"holding": 0x2100, "type": "bool", "on": [1, 2]}})
    return lf.write_profile(d, "gate", {
        "gate": {"coil": 0, "close": 1, "pulse": "100ms", "kind": "output",
                 "confirm": "gate_open", "max_on": "1h"},
        "gate_open": {"discrete": 4, "type": "bool", "kind": "state"}})


def site(d):
    return lf.site(d, {"north": lf.rtu(d, "north", {
        "soil-1": lf.device("cwt-soil-thc-s", 1),
        "valves-1": lf.device("waveshare-relay-8", 20),
        "pump-1": lf.device("drive", 21),
        "gate-1": lf.device("gate", 22)})})


def field(d):
    """What a scenario works with."""
    profiles = types(d)
    return (harness.Farm(d, site(d), profiles, frames=d + "/frames"),
            harness.Gateway(d, site(d), profiles))


def ready(d):
    return lf.fresh(d, "north/soil-1/moisture", 1, 30, 0)


def write(g, point, *how):
    """The result and the text of the command."""
    r = g.ctl("write", point, *how, "--json")
    said = json.loads(r.stdout or "{}")
    return said.get("result"), said.get("text", r.stderr)


def relay_is_on(farm):
    return farm.coils("north/valves-1")[0] == 1


def frames(d, unit, function):
    """(ms, bytes behind the function) of requests to the unit."""
    return [(t, b[2:]) for t, b in lf.frames(d + "/frames")
            if b[0] == unit and b[1] == function]


def kill_all(g):
    """Everything of the gateway, so that nothing of it can act any more."""
    pids = g.pids()
    for name, pid in pids.items():
        if name != "core":
            os.kill(pid, signal.SIGSTOP)
    g.kill9()
    for name, pid in pids.items():
        if name != "core":
            os.kill(pid, signal.SIGKILL)


# ---- the board's timer

def check_all_killed(tap):
    with harness.tempdir() as d:
        farm, g = field(d)
        with farm:
            g.start()
            ready(d)
            start = time.monotonic()
            said = write(g, RELAY, "on", "--for", "5s")
            tap.ok(said[0] == "done" and relay_is_on(farm),
                   "the valve is open: %s" % (said,))
            armed = [b for _, b in frames(d, 20, 5) if b[:2] == b"\x02\x00"]
            steps = int.from_bytes(armed[-1][2:4], "big") if armed else 0
            tap.ok(len(armed) == 1 and 60 <= steps <= 61,
                   "by the board's timer, for 5 s, 1 s and 1 %%: %s tenths" %
                   steps)
            kill_all(g)
            asked = len(lf.frames(d + "/frames"))
            harness.wait_for(lambda: time.monotonic() > start + 4.9, 6)
            tap.ok(relay_is_on(farm), "the whole gateway is killed: it is "
                   "still open when its time is nearly over")
            done = harness.wait_for(lambda: not relay_is_on(farm), 5)
            took = time.monotonic() - start
            tap.ok(done and took < 7.5, "and closes by itself, %.1f s after "
                   "it was opened" % took)
            tap.ok(len(lf.frames(d + "/frames")) == asked,
                   "with nobody there to ask it to")


def check_ours_first(tap):
    with harness.tempdir() as d:
        farm, g = field(d)
        with farm, g:
            ready(d)
            start = time.monotonic()
            write(g, RELAY, "on", "--for", "3s")
            harness.wait_for(lambda: not relay_is_on(farm), 10)
            took = time.monotonic() - start
            tap.ok(2.8 < took < 4, "closed after %.1f s of 3 s" % took)
            off = [b for _, b in frames(d, 20, 5)
                   if b[:4] == b"\x00\x00\x00\x00"]
            tap.ok(len(off) == 2, "by a plain off, once at the start and once "
                   "at its time: %d" % len(off))
            tap.ok(lf.told(d, "its time is over", 5, "output", RELAY),
                   "which is said")


# ---- what shows it

def check_pump(tap):
    with harness.tempdir() as d:
        farm, g = field(d)
        with farm, g:
            ready(d)
            said = write(g, PUMP, "on", "--for", "60s")
            tap.ok(said[0] == "done" and farm.get("north/pump-1/running"),
                   "it runs: %s" % (said,))
            tap.ok(harness.wait_for(
                lambda: g.points()[PUMP].get("value") == 1, 10),
                "and is shown to: %s" % g.points()[PUMP])
            asked = [b for _, b in frames(d, 21, 3)
                     if b[:2] == b"\x20\x00"]
            tap.ok(not asked, "its own register is never read")
            farm.do("VALUE north/pump-1/running = off")
            tap.ok(lf.told(d, "found off before its time", 10, "output", PUMP),
                   "it trips: told")
            tap.ok(harness.wait_for(
                lambda: g.points()[PUMP].get("value") == 0, 10),
                "and shown")
            start = time.monotonic()
            said = write(g, PUMP, "on", "--for", "60s")
            took = time.monotonic() - start
            tap.ok(said[0] == "uncertain" and "running" in said[1] and
                   1.8 < took < 5, "one that never shows it counts as not "
                   "taken after 2 s: %.1f s, %s" % (took, said))
            tap.ok(harness.wait_for(
                lambda: [b for _, b in frames(d, 21, 6)][-1][:4] ==
                b"\x20\x00\x00\x05", 3), "and is told to stop")


# ---- pulses

def pulses(d):
    """[coil, milliseconds] of each time that a coil was under current."""
    got, since = [], {}
    for t, b in frames(d, 22, 5):
        coil, on = b[1], b[2] == 0xFF
        if on:
            since[coil] = t
        elif coil in since:
            got.append((coil, t - since.pop(coil)))
    return got + [(c, None) for c in since]


def check_gate(tap):
    with harness.tempdir() as d:
        farm, g = field(d)
        with farm:
            g.start()
            ready(d)
            got = pulses(d)
            tap.ok([c for c, _ in got] == [1], "at the start a closing pulse: "
                   "%s" % got)
            said = write(g, GATE, "on", "--for", "60s")
            tap.ok(said[0] == "done" and farm.get("north/gate-1/gate_open"),
                   "opened and confirmed: %s" % (said,))
            time.sleep(1.5)
            tap.ok(g.points()[GATE].get("value") == 1 and
                   farm.get("north/gate-1/gate_open"),
                   "it stays so without current, and is shown so")
            kill_all(g)
            tap.ok(farm.get("north/gate-1/gate_open"),
                   "all is killed: nothing closes a valve that latches")
            g.start()
            tap.ok(harness.wait_for(
                lambda: not farm.get("north/gate-1/gate_open"), 10),
                "but the first that the next start does")
            lf.fresh(d, "north/soil-1/moisture", 1, 30)
            said = write(g, GATE, "on", "--for", "60s")
            tap.ok(farm.get("north/gate-1/gate_open"), "open again: %s" %
                   (said,))
            code = g.stop()
            tap.ok(code == 0 and not farm.get("north/gate-1/gate_open"),
                   "closed at the end")
            got = pulses(d)
            tap.ok([c for c, _ in got] == [1, 0, 1, 0, 1] and all(
                ms and 100 <= ms < 400 for _, ms in got),
                "every pulse was whole: %s" % [
                    (c, ms and round(ms)) for c, ms in got])
            tap.ok(farm.coils("north/gate-1")[:2] == [0, 0],
                   "and no coil is left under current")


def check_killed_in_a_pulse(tap):
    """The line's program, between the two ends of an opening pulse."""
    with harness.tempdir() as d:
        farm, g = field(d)
        with farm, g:
            ready(d)
            pid = g.pids()["line north"]
            r = harness.spawn([harness.BUILD + "/gatewayctl", "--run-dir",
                               g.run_dir, "write", GATE, "on", "--for", "60s"],
                              stdout=-3, stderr=-3)
            caught = harness.wait_for(
                lambda: farm.coils("north/gate-1")[0], 5, 0.002)
            os.kill(pid, signal.SIGKILL)
            r.wait(20)
            tap.ok(caught, "killed while the opening coil was under current")
            tap.ok(harness.wait_for(
                lambda: farm.coils("north/gate-1")[:2] == [0, 0] and
                len(pulses(d)) >= 3, 15),
                "its successor takes it off, and closes: %s" % pulses(d))
            tap.ok(harness.wait_for(
                lambda: not farm.get("north/gate-1/gate_open"), 5),
                "the gate is closed")


CHECKS = {
    "all-killed": check_all_killed,
    "ours-first": check_ours_first,
    "pump": check_pump,
    "gate": check_gate,
    "killed-in-a-pulse": check_killed_in_a_pulse,
}

lf.side_by_side(CHECKS, __file__, sys.argv[1:], 160)
