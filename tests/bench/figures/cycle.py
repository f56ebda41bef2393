"""Figures 1, 2 and 9: how near a serial line's cycle is to what the wire needs,
with all units well and with some dead, and to what `gatewayctl plan` said."""
import json
import statistics

from . import bench
from .bench import harness

UNITS, REGISTERS, BAUD = 20, 4, 9600
TURNAROUND_US = 5000            # fieldsim's own, and what is told to plan
CHAR_US = 10 * 1e6 / BAUD       # 8N1
REQUEST, ANSWER = 8, 5 + 2 * REGISTERS


def wire_us(units):
    """Request, silence, turnaround, answer, silence; once a unit."""
    return units * ((REQUEST + ANSWER + 2 * 3.5) * CHAR_US + TURNAROUND_US)


def make_site(d, units):
    bench.profile(d, "bench-4", bench.registers(REGISTERS))
    return bench.site(d, {"north": (bench.serial(d, "north", BAUD), {
        "u%02d" % u: "type: bench-4, unit: %d, every: 50ms" % u
        for u in units})})


def intervals(path, window, units):
    """Mean microseconds between two polls of a unit, over all of them, and
    the longest."""
    at = {u: [] for u in units}
    for x in bench.frames(path, "request"):
        if window[0] <= x["us"] <= window[1] and x["bytes"][0] in at:
            at[x["bytes"][0]].append(x["us"])
    if any(len(v) < 3 for v in at.values()):
        raise RuntimeError("hardly polled: %s" % {
            u: len(v) for u, v in at.items() if len(v) < 3})
    gaps = [b - a for v in at.values() for a, b in zip(v, v[1:])]
    return (statistics.mean((v[-1] - v[0]) / (len(v) - 1)
                            for v in at.values()),
            statistics.median(gaps), max(gaps))


def broken(farm):
    s = farm.stats()["lines"]["north"]
    return {k: s[k] for k in ("silence_broken", "collisions", "bad_crc",
                              "late_us", "late_max_us")}


def measure(units, settle, seconds, dead=()):
    """A field of these units, some dead, and a gateway on it: intervals of
    the living, what was broken, and the plan."""
    with bench.Awake(), harness.tempdir() as d:
        text = make_site(d, units)
        tap = d + "/frames"
        with harness.Farm(d, text, bench.profiles(d), exact=True,
                          frames=tap) as farm:
            farm.do("STRICT on")
            for u in dead:
                farm.do("DEVICE north/u%02d SILENT" % u)
            with harness.Gateway(d, text, bench.profiles(d)) as g:
                bench.undisturbed(bench.line_pids(g))
                bench.wait_seconds(settle)
                noise = bench.Noise()
                window = bench.wait_seconds(seconds)
                got = {"noise": noise.percent(), "broken": broken(farm)}
                plan = g.ctl("plan", g.config, "--json", "--turnaround",
                             "%dms" % (TURNAROUND_US // 1000), *g.dirs())
        alive = [u for u in units if u not in dead]
        got["mean"], got["median"], got["worst"] = intervals(tap, window,
                                                             alive)
        got["plan"] = plan
        return got


def ideal(seconds):
    """What a master that never sleeps reaches on the same field: the rest is
    the simulation's own."""
    with bench.Awake(), harness.tempdir() as d:
        text = make_site(d, range(1, UNITS + 1))
        with harness.Farm(d, text, bench.profiles(d), exact=True) as farm:
            farm.do("STRICT on")
            return bench.run_json(
                [bench.program("pace"), farm.tty("north"), str(BAUD),
                 str(UNITS), str(REGISTERS), str(TURNAROUND_US),
                 str(seconds)])["ratio"]


def show(figure, got):
    return [bench.row("%s: longest time between two polls" % figure,
                      round(got["worst"] / 1000, 1), "ms"),
            bench.row("%s: the field late by, mean and worst" % figure,
                      "%d, %d" % (got["broken"]["late_us"],
                                  got["broken"]["late_max_us"]), "us"),
            bench.row("%s: rest of the machine busy" % figure, got["noise"],
                      "%")]


def cycle(shared):
    units = range(1, UNITS + 1)
    best = ideal(bench.quick(20, 5))
    got = measure(units, 5, bench.quick(60, 15))
    shared["cycle"] = got
    wire = wire_us(UNITS)
    return [
        bench.row("cycle: what the wire needs for 20 units",
                  round(wire / 1000, 2), "ms"),
        bench.row("cycle: measured, mean", round(got["mean"] / 1000, 2), "ms"),
        bench.at_most("cycle: mean against the wire",
                      round(got["mean"] / wire, 4), 1.01),
        bench.row("cycle: median against the wire",
                  round(got["median"] / wire, 4), ""),
        bench.row("cycle: an ideal master on the same field",
                  round(best, 4), ""),
        bench.none_of("cycle: silences broken (STRICT on)",
                      got["broken"]["silence_broken"]),
        bench.none_of("cycle: collisions", got["broken"]["collisions"]),
    ] + show("cycle", got)


def dead(shared):
    units = list(range(1, UNITS + 1))
    gone = (4, 11, 18)
    healthy = measure([u for u in units if u not in gone], 5,
                      bench.quick(60, 15))
    got = measure(units, bench.quick(60, 20), bench.MINUTES * 60, gone)
    return [
        bench.row("dead: healthy cycle of 17 units",
                  round(healthy["mean"] / 1000, 2), "ms"),
        bench.row("dead: the same beside 3 dead ones",
                  round(got["mean"] / 1000, 2), "ms"),
        bench.at_most("dead: mean against the healthy cycle",
                      round(got["mean"] / healthy["mean"], 4), 1.08),
        bench.row("dead: healthy cycle against the wire",
                  round(healthy["mean"] / wire_us(17), 4), ""),
        bench.none_of("dead: silences broken (STRICT on)",
                      got["broken"]["silence_broken"]),
        bench.none_of("dead: collisions", got["broken"]["collisions"]),
    ] + show("dead", got)


def plan(shared):
    got = shared.get("cycle") or measure(range(1, UNITS + 1), 5,
                                         bench.quick(60, 15))
    r = got["plan"]
    if r.returncode != 0:
        raise RuntimeError("gatewayctl plan: exit %d\n%s" % (r.returncode,
                                                             r.stderr))
    way = json.loads(r.stdout)["lines"][0]["connections"][0]
    off = abs(way["sweep_ms"] * 1000 - got["mean"]) / got["mean"]
    return [
        bench.row("plan: cycle that gatewayctl plan tells",
                  round(way["sweep_ms"], 2), "ms"),
        bench.at_most("plan: off the measured cycle",
                      round(100 * off, 2), 5, "%"),
    ]
