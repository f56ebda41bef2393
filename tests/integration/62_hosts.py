#!/usr/bin/python3
"""One TCP line with many hosts, of which one swallows all packets, one accepts
and is mute, one refuses and one has a name that nobody knows: the others keep
their period, the line counts no overrun, and each that fails is said by name
(field cases C15, C29)."""
# timeout: 120
# san: no
import os
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import harness  # noqa: E402
import line_field as lf  # noqa: E402

SECONDS = 20     # the line tells its counts every ten
LIVING = {"near": 100, "other": 200, "by-name": 300, "six": 400}


def black_hole():
    """A port whose queue is full: what is sent there is dropped."""
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen(0)
    fill = []
    for _ in range(4):
        c = socket.socket()
        c.setblocking(False)
        c.connect_ex(s.getsockname())
        fill.append(c)
    return s, fill


def mute():
    """Connections are taken and nothing is ever answered."""
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen(64)
    return s


def refusing():
    s = socket.socket()
    s.bind(("127.0.0.1", 0))    # not listening
    return s


def port_of(s):
    return s.getsockname()[1]


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
            return True
    except OSError:
        return False


def hosts():
    return {"near": "127.0.0.1:%d" % harness.free_port(),
            "other": "127.0.0.1:%d" % harness.free_port(),
            "by-name": "localhost:%d" % harness.free_port(),
            "six": "[::1]:%d" % harness.free_port()}


def conf(d, where):
    return lf.site(d, {"pumps": {
        "transport": "tcp", "timeout": "300ms",
        "devices": {n: lf.device(every="1s", host=h)
                    for n, h in where.items()}}})


def keeps_pace(tap, d, name, start, end):
    """Every second a reading; a busy machine may be late with some."""
    for p in ("p0", "p40"):
        got = lf.good(d, "pumps/%s/%s" % (name, p), start, end)
        late = [x for x in lf.gaps(d, "pumps/%s/%s" % (name, p), start, end)
                if x > 1900]
        tap.ok(len(got) >= (end - start) / 1000 - 2 and not late,
               "%s/%s: %d readings in %.1f s, none left out: %s" % (
                   name, p, len(got), (end - start) / 1000, late))


def is_silent(tap, d, g, name, words):
    got = lf.good(d, "pumps/%s/%%" % name)
    tap.ok(not got, "%s: no value: %s" % (name, got[:2]))
    bad = {(r[2], r[4]) for r in lf.rows(d, "pumps/%s/%%" % name)}
    tap.ok(bad and bad <= {(None, "port"), (None, "timeout")},
           "%s: bad, and why: %s" % (name, bad))
    said = lf.told(d, words, 10)
    tap.ok(said, "%s: an event says why: %s" % (name, said))


def main():
    tap = harness.Tap()
    hole, fill = black_hole()
    dumb, closed = mute(), refusing()
    living = hosts()
    if not has_ipv6():
        tap.skip("[::1]:PORT", "this machine has no IPv6")
        del living["six"]
    dead = {"hole": "127.0.0.1:%d" % port_of(hole),
            "mute": "127.0.0.1:%d" % port_of(dumb),
            "closed": "127.0.0.1:%d" % port_of(closed),
            "nowhere": "meter-3.invalid:502"}
    # The dead ones first: order makes no difference.
    names = list(dead) + list(living)
    where = dict(dead, **living)
    with harness.tempdir() as d:
        profiles = lf.five(d)
        values = {n: {"p%d" % a: LIVING[n] + a for a in lf.REGISTERS}
                  for n in living}
        script = "".join(lf.hold("pumps/" + n, v) for n, v in values.items())
        with harness.Farm(d, conf(d, living), profiles, script=script), \
                harness.Gateway(d, conf(d, {n: where[n] for n in names}),
                                profiles) as g:
            tap.ok(lf.online(g, ["pumps/" + n for n in living], 20),
                   "all that live are found")
            for n in living:
                lf.fresh(d, "pumps/%s/p40" % n, 1, 20, 0)
            start = lf.now_ms()
            time.sleep(SECONDS)
            end = lf.now_ms()
            time.sleep(0.5)
            for n in living:
                keeps_pace(tap, d, n, start, end)
                bad = lf.wrong(d, "pumps/" + n, values[n])
                tap.ok(not bad, "%s: the values are its own: %s" % (n, bad[:2]))
            is_silent(tap, d, g, "hole", " %d: no answer to connecting" %
                      port_of(hole))
            is_silent(tap, d, g, "mute", "lost: no answer")
            is_silent(tap, d, g, "closed", " %d: connection refused" %
                      port_of(closed))
            is_silent(tap, d, g, "nowhere", "meter-3.invalid")
            line = lf.line_of(g, "pumps")
            tap.ok(line.get("overruns") == 0, "no overrun is counted: %s" %
                   line.get("overruns"))
            tap.ok(line.get("restarts") == 0, "the program was never taken "
                   "for hung: %s" % line.get("restarts"))
            tap.ok(lf.state_of(g, "pumps/mute") == "lost", "the mute one is "
                   "lost: %s" % lf.state_of(g, "pumps/mute"))
            start = time.monotonic()
            tap.ok(g.stop() == 0 and time.monotonic() - start < 10,
                   "and the stop is in order, in %.1f s" %
                   (time.monotonic() - start))
    for s in fill + [hole, dumb, closed]:
        s.close()
    tap.finish()


main()
