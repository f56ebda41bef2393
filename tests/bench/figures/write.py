"""Figure 6: a command is the next frame after the one in flight, however busy
the line is and whoever on it is dead (field case C47)."""
import random
import statistics
import time

from . import bench
from .bench import harness

POINT = "north/valves-1/relay_1"
VALVES = 20
# From the time that the event of the command bears, a whole millisecond, to
# its arrival at the line: a frame begun in between has not been overtaken.
TRANSIT_US = 2000


def make_site(d):
    """Registers with holes between them: 40 reads a unit."""
    bench.profile(d, "bench-40", bench.registers(40, step=2))
    devices = {"u%02d" % u: "type: bench-40, unit: %d, every: 1s" % u
               for u in range(1, 11)}
    devices["valves-1"] = ("type: waveshare-relay-8, unit: %d, every: 1s" %
                           VALVES)
    return bench.site(d, {"north": (
        bench.serial(d, "north", timeout="1s"), devices)})


def is_write(x):
    return x["bytes"][0] == VALVES and x["bytes"][1] in (5, 6, 15, 16)


def ask(g, rng, n):
    """n commands at random moments; how they ended."""
    said = []
    for i in range(n):
        time.sleep(rng.uniform(0.2, 1.7))
        words = ["off"] if i % 2 else ["on", "--for", "10s"]
        r = g.ctl("write", POINT, *words)
        if r.returncode != 0:
            said.append("%s: exit %d %s" % (" ".join(words), r.returncode,
                                            (r.stderr + r.stdout).strip()))
    return said


def asked_at(store):
    """Boot time in microseconds of each command as the core took it."""
    return [1000 * at for (at,) in harness.sqlite(
        store, "SELECT at_ms FROM event WHERE subject = ? AND "
        "text LIKE '%, asked by%' AND text NOT LIKE '%, asked by%: %' "
        "ORDER BY seq", POINT)]


def judge(asked, requests):
    """Of each command: microseconds to its write, requests begun between."""
    delays, between = [], []
    writes = [x["us"] for x in requests if is_write(x)]
    others = [x["us"] for x in requests if not is_write(x)]
    for at in asked:
        write = next((us for us in writes if us >= at), None)
        if write is None:
            raise RuntimeError("a command was never written")
        delays.append(write - at)
        between.append(sum(at + TRANSIT_US < us < write for us in others))
    return delays, between


def told(asked, requests, between, delays):
    """The worst of them, for whoever wants to know why."""
    i = max(range(len(asked)), key=lambda i: (between[i], delays[i]))
    print("write: worst, %d us from the command to its write:" % delays[i])
    for x in requests:
        if -1500000 < x["us"] - asked[i] <= delays[i]:
            print("  %8d us  %s" % (x["us"] - asked[i], x["bytes"].hex()))


def write(shared):
    n = bench.quick(200, 20)
    with harness.tempdir() as d:
        text, tap = make_site(d), d + "/frames"
        with harness.Farm(d, text, bench.profiles(d), exact=True,
                          frames=tap) as farm:
            for u in (3, 7):
                farm.do("DEVICE north/u%02d SILENT" % u)
            with harness.Gateway(d, text, bench.profiles(d)) as g:
                bench.undisturbed(g.pids().values())
                bench.wait_seconds(bench.quick(30, 10))
                noise = bench.Noise()
                failed = ask(g, random.Random(6), n)
                use = g.status()["lines"][0].get("use_per_mille")
                noise = noise.percent()
                # The file's writer holds nothing back for longer than this.
                time.sleep(1)
        asked = asked_at(d + "/store.db")
        requests = bench.frames(tap, "request")
        delays, between = judge(asked, requests)
        told(asked, requests, between, delays)
    for text in failed[:5]:
        print("write: " + text)
    if len(asked) < n - len(failed):
        raise RuntimeError("%d commands, %d events" % (n, len(asked)))
    return [
        bench.row("write: commands", len(asked), ""),
        bench.none_of("write: commands that did not end well", len(failed)),
        bench.row("write: requests begun between, besides the one in flight",
                  max(between), "", "0", max(between) == 0),
        bench.row("write: commands with a request in between",
                  sum(b > 0 for b in between), ""),
        bench.row("write: median delay to the wire",
                  round(statistics.median(delays) / 1000, 1), "ms"),
        bench.row("write: worst delay to the wire",
                  round(max(delays) / 1000, 1), "ms"),
        bench.row("write: use of the line", (use or 0) / 10, "%"),
        bench.row("write: rest of the machine busy", noise, "%"),
    ]
