"""Figure 7: answers that come when nobody waits for them any more must never
be taken for those of the next request."""
import time

from . import bench
from .bench import harness

UNITS, BLOCKS, WIDTH = 5, 3, 4
TIMEOUT_MS = 100
LINES = {"rtu": 16, "rtu_over_tcp": 6, "tcp": 6}


def address(block, i):
    return block * 40 + i


def truth(unit, addr):
    """No two registers of a line hold the same: a value names its place."""
    return unit * 1000 + addr


def make_site(d):
    bench.profile(d, "bench-late", [
        "b%dr%d: {holding: %d, type: uint16}" % (b, i, address(b, i))
        for b in range(BLOCKS) for i in range(WIDTH)])
    lines = {}
    for kind, n in LINES.items():
        for k in range(n):
            name = "%s-%d" % (kind.replace("_", "-"), k)
            keys = (bench.serial(d, name, 115200) if kind == "rtu" else
                    ["transport: " + kind,
                     "host: 127.0.0.1:%d" % harness.free_port()])
            lines[name] = (keys + ["timeout: %dms" % TIMEOUT_MS], {
                "u%d" % u: "type: bench-late, unit: %d, every: 50ms" % u
                for u in range(1, UNITS + 1)})
    return bench.site(d, lines, commit="1s"), list(lines)


def teach(farm, lines):
    for line in lines:
        for u in range(1, UNITS + 1):
            for b in range(BLOCKS):
                said = farm.do("REGISTER %s/u%d holding %d = %s" % (
                    line, u, address(b, 0), " ".join(
                        str(truth(u, address(b, i))) for i in range(WIDTH))))
                if said != "ok":
                    raise RuntimeError(said)
        # Where each answer is late, a gateway learns to wait; where only
        # some are, it is taken by surprise again and again.
        farm.do("LINE %s LATE %dms TO %dms EVERY %d" % (
            line, 0.4 * TIMEOUT_MS, 2 * TIMEOUT_MS,
            1 + 2 * (lines.index(line) % 2)))


def judge(store):
    """Good readings, and those that are not what their register holds."""
    good, wrong = 0, []
    for name, value in harness.sqlite(
            store, "SELECT s.name, j.value FROM journal j JOIN series s "
            "ON s.id = j.series WHERE j.quality = 0"):
        _, device, point = name.split("/")
        block, i = point[1:].split("r")
        good += 1
        if value != truth(int(device[1:]), address(int(block), int(i))):
            wrong.append("%s = %s" % (name, value))
    return good, wrong


def late(shared):
    polls, start = bench.quick(10000, 1000), time.monotonic()
    with harness.tempdir() as d:
        text, lines = make_site(d)
        with harness.Farm(d, text, bench.profiles(d)) as farm:
            teach(farm, lines)
            with harness.Gateway(d, text, bench.profiles(d)) as g:
                kinds = {k: 0 for k in LINES}
                while sum(kinds.values()) < polls:
                    time.sleep(1)
                    if time.monotonic() - start > 1200:
                        break
                    stats = farm.stats()["lines"]
                    for k in kinds:
                        kinds[k] = sum(
                            s["frames"] for n, s in stats.items()
                            if n.rsplit("-", 1)[0] == k.replace("_", "-"))
                status = g.status()["lines"]
        good, wrong = judge(d + "/store.db")
    for text in wrong[:5]:
        print("late: " + text)
    count = {k: sum(dev[k] for line in status for dev in line["devices"])
             for k in ("timeouts", "late", "noise")}
    return [bench.row("late: polls, " + k, n, "") for k, n in kinds.items()
            ] + [
        bench.row("late: timeouts, late answers, noise",
                  "%(timeouts)d, %(late)d, %(noise)d" % count, ""),
        bench.at_least("late: polls in all", sum(kinds.values()), polls),
        bench.row("late: good readings", good, ""),
        bench.none_of("late: wrong values", len(wrong)),
        bench.row("late: took", round(time.monotonic() - start), "s")]
