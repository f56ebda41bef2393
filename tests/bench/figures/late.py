"""Figure 7: answers that come when nobody waits for them any more must never
be taken for those of the next request. The gateway learns how long its units
take, so the field is slower again each second: 0.4 to 2 times what the gateway
waits by now. When that is long, the gateway begins anew."""
import time

from . import bench
from .bench import harness

UNITS, BLOCKS, WIDTH = 5, 3, 4
TIMEOUT_MS, PATIENCE_MS = 100, 600
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


def waits(status):
    """How long the gateway waits for the least patiently awaited unit of each
    line: no answer is to come later than twice that."""
    return {line["name"]: min(dev["deadline_ms"] for dev in line["devices"])
            for line in status["lines"]}


def slow_down(farm, of_line):
    """Each line by what the gateway waits there; every other line only each
    third answer. What the most patient waits, in milliseconds."""
    for i, (line, ms) in enumerate(of_line.items()):
        farm.do("LINE %s LATE %dms TO %dms EVERY %d" % (
            line, 0.4 * ms, 2 * ms, 1 + 2 * (i % 2)))
    return max(of_line.values())


def polls_by_kind(farm):
    stats = farm.stats()["lines"]
    return {k: sum(s["frames"] for name, s in stats.items()
                   if name.rsplit("-", 1)[0] == k.replace("_", "-"))
            for k in LINES}


def add_counts(count, status):
    for line in status["lines"]:
        for dev in line["devices"]:
            for k in count:
                count[k] += dev[k]


def late(shared):
    polls, start = bench.quick(10000, 1000), time.monotonic()
    count, kinds = {"timeouts": 0, "late": 0, "noise": 0}, {}
    with harness.tempdir() as d:
        text, lines = make_site(d)
        with harness.Farm(d, text, bench.profiles(d)) as farm:
            teach(farm, lines)
            while sum(kinds.values()) < polls:
                if time.monotonic() - start > 1500:
                    raise RuntimeError("only %s polls in time" % kinds)
                # A gateway that has just begun waits as it was told to, and
                # nobody owes it an answer.
                slow_down(farm, dict.fromkeys(lines, TIMEOUT_MS))
                time.sleep(3 * PATIENCE_MS / 1000)
                with harness.Gateway(d, text, bench.profiles(d)) as g:
                    while (slow_down(farm, waits(g.status())) < PATIENCE_MS
                           and sum(kinds.values()) < polls):
                        time.sleep(1)
                        kinds = polls_by_kind(farm)
                    add_counts(count, g.status())
        good, wrong = judge(d + "/store.db")
    for text in wrong[:5]:
        print("late: " + text)
    return [bench.row("late: polls, " + k, n, "") for k, n in kinds.items()
            ] + [
        bench.row("late: timeouts, late answers, noise",
                  "%(timeouts)d, %(late)d, %(noise)d" % count, ""),
        bench.at_least("late: polls in all", sum(kinds.values()), polls),
        bench.row("late: good readings", good, ""),
        bench.none_of("late: wrong values", len(wrong)),
        bench.row("late: took", round(time.monotonic() - start), "s")]
