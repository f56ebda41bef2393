"""Figures 4, 5 and 8: how fast one TCP connection goes, whether a hundred
devices are all read in time, and what a reading costs the processor."""
import os
import socket
import subprocess
import time

from . import bench
from .bench import harness

HERE = os.path.dirname(os.path.abspath(__file__))
REGISTERS = 20


# ---- 4: transactions a second on one connection ----

# A period has 50 ms at least: more than this many reads a second take more
# units. Four runs of registers that cannot be merged make four reads a unit.
UNITS, RUNS = 240, 4


def pymodbus_server(port):
    return harness.spawn(
        ["/usr/bin/python3", os.path.join(HERE, "pymodbus_units.py"),
         str(port), str(RUNS * 200)], stderr=subprocess.DEVNULL)


def libmodbus_server(port):
    return harness.spawn([bench.program("bare_server"), str(port),
                          str(RUNS * 200)])


def bare(port, seconds):
    got = bench.run_json([bench.program("bare_read"), "127.0.0.1", str(port),
                          str(UNITS), str(REGISTERS), str(seconds)])
    if got["failed"]:
        raise RuntimeError("the bare loop failed %d times" % got["failed"])
    return got["reads"] / got["seconds"]


def committed(store, window):
    """Readings in the store that were taken in the window, and the bad."""
    rows = harness.sqlite(
        store, "SELECT count(*), sum(quality != 0) FROM journal "
        "WHERE at_ms >= ? AND at_ms < ?", window[0] // 1000,
        window[1] // 1000)
    return rows[0][0], rows[0][1] or 0


def settled(store, window, seconds=30):
    """What is committed of the window, once no more of it comes."""
    last, deadline = (-1, 0), time.monotonic() + seconds
    while time.monotonic() < deadline:
        got = committed(store, window)
        if got[0] and got == last:
            return got
        last = got
        time.sleep(2.5)
    return last


def requests(g):
    """Transactions so far and when, at a moment when the line has just told."""
    def count():
        return sum(line["requests"] for line in g.status()["lines"])
    before = count()
    if not harness.wait_for(lambda: count() != before, 25):
        raise RuntimeError("the line tells of no requests")
    return count(), time.monotonic()


def gateway_reads(port, seconds):
    """Transactions a second that the gateway made, and those of which all
    that was read is in the store."""
    with harness.tempdir() as d:
        bench.profile(d, "bench-80", [
            p for r in range(RUNS) for p in
            ["r%d%s" % (r, x) for x in bench.registers(REGISTERS, 200 * r)]])
        text = bench.site(d, {"station": (
            ["transport: tcp", "host: 127.0.0.1:%d" % port],
            {"u%03d" % u: "type: bench-80, unit: %d, every: 50ms" % u
             for u in range(1, UNITS + 1)})}, commit="1s")
        with harness.Gateway(d, text, bench.profiles(d)) as g:
            before, since = requests(g)
            window = bench.wait_seconds(seconds)
            after, until = requests(g)
            made = (after - before) / (until - since)
            rows, bad = settled(d + "/store.db", window)
        if bad:
            raise RuntimeError("%d bad readings of %d" % (bad, rows))
        return made, rows / REGISTERS / ((window[1] - window[0]) / 1e6)


def tcp(shared):
    rows, seconds = [], bench.quick(20, 6)
    for name, server in (("pymodbus", pymodbus_server),
                         ("libmodbus", libmodbus_server)):
        port, noise = harness.free_port(), bench.Noise()
        p = server(port)
        if not harness.wait_for(lambda: listens(port), 15):
            raise RuntimeError("the %s server does not listen" % name)
        before = bare(port, seconds / 2)
        made, ours = gateway_reads(port, seconds)
        loop = (before + bare(port, seconds / 2)) / 2
        p.kill()
        p.wait()
        rows += [
            bench.row("tcp: bare libmodbus loop, %s server" % name,
                      round(loop), "reads/s"),
            bench.row("tcp: gateway, read, %s server" % name, round(made),
                      "reads/s"),
            bench.row("tcp: gateway, decoded and committed, %s" % name,
                      round(ours), "reads/s"),
            bench.at_least("tcp: gateway against the loop, %s server" % name,
                           round(ours / loop, 3), 0.8),
            noise.row("tcp, " + name)]
    return rows


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


# ---- 5 and 8: a hundred devices ----

DEVICES = 100


def hundred_site(d, broker):
    ports, socks = [], []
    for _ in range(DEVICES):        # all held at once, so that all differ
        s = socket.socket()
        s.bind(("127.0.0.1", 0))
        socks.append(s)
        ports.append(s.getsockname()[1])
    for s in socks:
        s.close()
    bench.profile(d, "bench-20", bench.registers(REGISTERS))
    return bench.site(d, {"plain": (["transport: tcp"], {
        "d%03d" % i: "type: bench-20, unit: 1, every: 1s, "
        'host: "127.0.0.1:%d"' % port for i, port in enumerate(ports)})},
        broker)


def missed(store, window):
    """Of each series the periods without a reading, and the bad readings."""
    times, bad = {}, 0
    for series, at, quality in harness.sqlite(
            store, "SELECT series, at_ms, quality FROM journal "
            "WHERE at_ms >= ? AND at_ms < ? ORDER BY seq",
            window[0] // 1000, window[1] // 1000):
        times.setdefault(series, []).append(at)
        bad += quality != 0
    gaps = sum(max(0, round((b - a) / 1000) - 1)
               for t in times.values() for a, b in zip(t, t[1:]))
    edges = sum(max(0, round((t[0] - window[0] / 1000) / 1000) - 1) +
                max(0, round((window[1] / 1000 - t[-1]) / 1000) - 1)
                for t in times.values())
    unseen = (DEVICES * REGISTERS - len(times)) * round(
        (window[1] - window[0]) / 1e6)
    return gaps + edges + unseen, bad


def overruns(g):
    return sum(line["overruns"] for line in g.status()["lines"])


def cpu_of(g):
    return {name: bench.cpu_seconds(pid) for name, pid in g.pids().items()}


def hundred_devices(seconds):
    got = {}
    with harness.tempdir() as d, harness.Broker(subscribe=None) as broker:
        text = hundred_site(d, broker.port)
        with harness.Farm(d, text, bench.profiles(d)), \
                harness.Gateway(d, text, bench.profiles(d)) as g:
            bench.wait_seconds(10)
            noise, late = bench.Noise(), overruns(g)
            before, sent = cpu_of(g), g.status()["uplinks"][0]["acked_messages"]
            window = bench.wait_seconds(seconds)
            after = cpu_of(g)
            got["messages"] = g.status()["uplinks"][0]["acked_messages"] - sent
            got["noise"] = noise.percent()
            got["overruns"] = overruns(g) - late
            got["rows"], _ = settled(d + "/store.db", window)
            got["missed"], got["bad"] = missed(d + "/store.db", window)
            got["seconds"] = (window[1] - window[0]) / 1e6
            got["cpu"] = {n: after[n] - before[n] for n in after}
            got["backlog"] = g.status()["uplinks"][0]["backlog"]
    return got


def hundred(shared):
    got = hundred_devices(bench.MINUTES * 60)
    shared["hundred"] = got
    return [
        bench.row("hundred: minutes", round(got["seconds"] / 60, 1), "min"),
        bench.none_of("hundred: polls missed (gaps in the journal)",
                      got["missed"]),
        bench.none_of("hundred: overruns", got["overruns"]),
        bench.none_of("hundred: bad readings", got["bad"]),
        bench.row("hundred: rest of the machine busy", got["noise"], "%"),
    ]


def cpu(shared):
    got = shared.get("hundred") or hundred_devices(bench.quick(120, 20))
    rows = [bench.row("cpu: readings", round(got["rows"] / got["seconds"]),
                      "1/s"),
            bench.row("cpu: messages with their PUBACK", got["messages"], ""),
            bench.row("cpu: rows not yet acknowledged in the end",
                      got["backlog"], "")]
    rows += [bench.row("cpu: " + name, round(1e6 * s / got["rows"], 2),
                       "us/reading") for name, s in got["cpu"].items()]
    return rows + [
        bench.at_most("cpu: all our processes",
                      round(1e6 * sum(got["cpu"].values()) / got["rows"], 2),
                      5, "us/reading"),
        bench.row("cpu: rest of the machine busy", got["noise"], "%")]
