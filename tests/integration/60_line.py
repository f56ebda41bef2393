#!/usr/bin/python3
"""gatewayd-line against devices that answer late, in pieces, too much, too
little, with echo, noise and texts between (field cases C08, C09, C10, C12, C13,
C24): a reading is right or it is missing. Every register holds a number of its
own, so an answer that is taken for another's shows in the store.

The scenarios run side by side; `60_line.py NAME...` runs the named ones."""
# timeout: 240
import json
import os
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import harness  # noqa: E402
import line_field as lf  # noqa: E402

ALL = len(lf.FIVE)


def judge(tap, d, path, what, values=None):
    bad = lf.wrong(d, path, values or lf.FIVE)
    n = len(lf.good(d, path + "/%"))
    tap.ok(n and not bad, "%s: %d readings, none is another's: %s" % (
        what, n, bad[:3]))


def both(d, port, every="300ms", timeout="300ms"):
    """The same device on a serial line and over TCP."""
    dev = {"dev": lf.device(every=every)}
    return lf.site(d, {"north": lf.rtu(d, "north", dev, timeout=timeout),
                       "station": lf.tcp(port, dev, timeout=timeout)})


def hold_both():
    return lf.hold("north/dev", lf.FIVE) + lf.hold("station/dev", lf.FIVE)


def check_late(tap):
    """C08, C09: one answer later than the timeout, then at once again."""
    with harness.tempdir() as d:
        profiles, conf = lf.five(d), both(d, harness.free_port())
        with harness.Farm(d, conf, profiles, script=hold_both()) as farm, \
                harness.Gateway(d, conf, profiles) as g:
            for path in ("north/dev", "station/dev"):
                tap.ok(len(lf.fresh(d, path + "/%", 2 * ALL, 20)) >= 2 * ALL,
                       "%s is read" % path)
            for ms in (420, 900):   # 1.4 and 3 timeouts
                for path in ("north/dev", "station/dev"):
                    farm.do("DEVICE %s LATE %dms ONCE" % (path, ms))
                start = lf.now_ms()
                time.sleep(ms / 1000)
                for path in ("north/dev", "station/dev"):
                    got = lf.fresh(d, path + "/%", 3 * ALL, 20)
                    tap.ok(len(got) >= 3 * ALL, "%s: %d ms late, and readings "
                           "go on: %d" % (path, ms, len(got)))
                    missed = [r for r in lf.rows(d, path + "/%", start)
                              if r[3] == "bad"]
                    tap.ok(len(missed) <= ALL, "%s: at most one poll is "
                           "missing: %s" % (path, missed[:2]))
            for path in ("north/dev", "station/dev"):
                judge(tap, d, path, path)
            late = harness.wait_for(
                lambda: lf.device_of(g, "station/dev").get("late") or
                lf.device_of(g, "station/dev").get("timeouts"), 12)
            tap.ok(late, "the late answers are counted")
            conns = farm.stats()["lines"]["station"]["connections"]
            tap.ok(conns <= 2, "TCP: %d connections; a late answer needs no "
                   "new one" % conns)


def check_random(tap):
    """C09: answers after 0.4 to 2 timeouts, as chance has it."""
    with harness.tempdir() as d:
        profiles = lf.five(d)
        conf = both(d, harness.free_port(), "100ms", "100ms")
        with harness.Farm(d, conf, profiles, script=hold_both() +
                          "LINE north LATE 40ms TO 200ms\n"
                          "LINE station LATE 40ms TO 200ms\n"), \
                harness.Gateway(d, conf, profiles):
            for path in ("north/dev", "station/dev"):
                got = lf.fresh(d, path + "/%", 100, 40)
                tap.ok(len(got) >= 100, "%s: answers of 0.4 to 2 timeouts: %d "
                       "readings came through" % (path, len(got)))
            for path in ("north/dev", "station/dev"):
                judge(tap, d, path, path)


def check_tid(tap):
    """C08: answers with another transaction's number are not taken."""
    with harness.tempdir() as d:
        profiles = lf.five(d)
        conf = lf.site(d, {"station": lf.tcp(
            harness.free_port(), {"dev": lf.device(every="300ms")})})
        with harness.Farm(d, conf, profiles, script=lf.hold(
                "station/dev", lf.FIVE)) as farm, \
                harness.Gateway(d, conf, profiles):
            lf.fresh(d, "station/dev/%", ALL, 20)
            farm.do("DEVICE station/dev WRONG tid")
            silent(tap, d, farm, "station", "wrong transaction")
            farm.do("DEVICE station/dev NORMAL")
            again(tap, d, "station", "wrong transaction")
            judge(tap, d, "station/dev", "transactions")


def silent(tap, d, farm, line, what):
    """No good reading while a fault that spoils every answer holds. What was
    answered before may be read a moment later."""
    def asked():
        return farm.stats()["devices"][line + "/dev"]["requests"]

    before = asked()
    start = lf.now_ms() + 500
    harness.wait_for(lambda: lf.now_ms() > start + 800 and
                     asked() >= before + 2, 20)
    got = lf.good(d, line + "/dev/%", start, lf.now_ms())
    n = asked() - before
    tap.ok(n >= 2 and not got, "%s: %s: %d answers, none believed: %s" % (
        line, what, n, got[:3]))


def again(tap, d, line, what):
    got = lf.fresh(d, line + "/dev/%", ALL, 40)
    tap.ok(len(got) >= ALL, "%s: after %s all is read again" % (line, what))


def spoil(tap, d, farm, line, faults):
    for fault in faults:
        farm.do("DEVICE %s/dev %s" % (line, fault))
        silent(tap, d, farm, line, fault)
        farm.do("DEVICE %s/dev NORMAL" % line)
        again(tap, d, line, fault)
    for fault in faults:
        farm.do("DEVICE %s/dev %s ONCE" % (line, fault))
        lf.fresh(d, line + "/dev/%", ALL, 10)


SERIAL_FAULTS = ["SHORT 1", "EXTRA 1", "HALF", "CRC wrong", "FOREIGN unit 9",
                 "FOREIGN function 4"]
TCP_FAULTS = ["SHORT 1", "EXTRA 1", "HALF", "WRONG length", "WRONG protocol",
              "FOREIGN unit 9", "FOREIGN function 4"]


def two_words(d):
    """Values of two registers, coils and inputs: what can be cut."""
    points = {"p%d" % a: {"holding": a, "type": "uint32"}
              for a in lf.REGISTERS[:2]}
    points.update({"c%d" % i: {"coil": i, "kind": "state", "writable": False}
                   for i in range(9)})
    points.update({"i%d" % i: {"discrete": i} for i in range(9)})
    values = {"p0": 0x00010002, "p10": 0x00030004}
    for i in range(9):
        values["c%d" % i] = int(i % 2 == 0)
        values["i%d" % i] = int(i % 3 == 0)
    return lf.write_profile(d, "five", points), values


def check_lengths(tap, line, faults):
    """C12, and everything else a frame can be."""
    with harness.tempdir() as d:
        profiles, values = two_words(d)
        held = {k: v if k[0] == "p" else "on" if v else "off"
                for k, v in values.items()}
        conf = both(d, harness.free_port(), timeout="150ms")
        with harness.Farm(d, conf, profiles, script=lf.hold(
                line + "/dev", held)) as farm, \
                harness.Gateway(d, conf, profiles) as g:
            got = lf.fresh(d, line + "/dev/%", 2 * len(values), 20)
            tap.ok(len(got) >= len(values), "%s is read" % line)
            spoil(tap, d, farm, line, faults)
            judge(tap, d, line + "/dev", line, values)
            names = {r[1] for r in lf.good(d, line + "/dev/%",
                                           lf.now_ms() - 5000)}
            tap.ok(len(names) == len(values), "%s: in the end all %d points "
                   "are read: %d" % (line, len(values), len(names)))
            tap.ok(line_restarts(g, line) == 0, "%s: its program never ended" %
                   line)


def line_restarts(g, line):
    return lf.line_of(g, line).get("restarts")


def check_pieces(tap):
    """C13: a byte every 20 ms, pauses within the timeout and beyond it."""
    with harness.tempdir() as d:
        profiles = lf.five(d)
        conf = both(d, harness.free_port(), "500ms", "500ms")
        with harness.Farm(d, conf, profiles, script=hold_both() +
                          "LINE station DRIBBLE 20ms\n"
                          "LINE north PAUSE 60ms AFTER 4\n") as farm, \
                harness.Gateway(d, conf, profiles):
            start = lf.now_ms()
            for path in ("north/dev", "station/dev"):
                got = lf.fresh(d, path + "/%", 3 * ALL, 30, start)
                bad = [r for r in lf.rows(d, path + "/%", start)
                       if r[3] == "bad"]
                tap.ok(len(got) >= 3 * ALL and len(bad) <= len(got) // 10,
                       "%s: in pieces all is read: %d readings, %d missing" %
                       (path, len(got), len(bad)))
            farm.do("LINE north NORMAL")
            farm.do("LINE station NORMAL")
            for i in range(3):
                for path in ("north/dev", "station/dev"):
                    farm.do("DEVICE %s PAUSE 700ms AFTER 4 ONCE" % path)
                start = lf.now_ms()
                for path in ("north/dev", "station/dev"):
                    got = lf.fresh(d, path + "/%", 2 * ALL, 20, start)
                    bad = [r for r in lf.rows(d, path + "/%", start)
                           if r[3] == "bad"]
                    tap.ok(len(got) >= 2 * ALL and len(bad) <= ALL,
                           "%s: a pause beyond the timeout: at most that poll "
                           "is missing: %d" % (path, len(bad)))
            for path in ("north/dev", "station/dev"):
                judge(tap, d, path, path)


def check_echo(tap):
    """C10 a: the adapter hears itself, and the site says so."""
    with harness.tempdir() as d:
        profiles = lf.five(d)
        dev = {"dev": lf.device(every="300ms"),
               "valves-1": lf.device("waveshare-relay-8", 20, "300ms")}
        conf = lf.site(d, {"north": lf.rtu(d, "north", dev, echo=True)})
        with harness.Farm(d, conf, profiles, script=lf.hold(
                "north/dev", lf.FIVE) + "LINE north ECHO on\n") as farm, \
                harness.Gateway(d, conf, profiles) as g:
            got = lf.fresh(d, "north/dev/%", 3 * ALL, 20)
            tap.ok(len(got) >= 3 * ALL, "with `echo: true` all is read")
            relay = "north/valves-1/relay_3"
            lf.fresh(d, relay, 1, 20)
            r = g.ctl("write", relay, "on", "--for", "60s")
            tap.ok(r.returncode == 0 and farm.coils("north/valves-1")[2] == 1,
                   "a relay is opened: %s" % (r.stdout + r.stderr))
            r = g.ctl("write", relay, "off")
            tap.ok(r.returncode == 0 and farm.coils("north/valves-1")[2] == 0,
                   "and closed: %s" % (r.stdout + r.stderr))
            unplugged(tap, d, farm, g, relay)
            farm.do("LINE north ECHO off")
            said = lf.told(d, "echo", 25, "device", "north/dev")
            tap.ok(said, "`echo: true` without echo is hinted at: %s" % said)
            judge(tap, d, "north/dev", "with echo")


def unplugged(tap, d, farm, g, relay):
    """C10 b: nobody there, and the echo of a write looks like its answer."""
    farm.do("DEVICE north/valves-1 SILENT")
    start = lf.now_ms()
    r = g.ctl("write", relay, "on", "--for", "60s", "--json")
    said = json.loads(r.stdout or "{}")
    tap.ok(r.returncode != 0 and said.get("result") in ("uncertain",
                                                        "refused"),
           "nobody there: the valve is not reported open: %s" % said)
    opened = [x for x in lf.good(d, relay, start) if x[2]]
    tap.ok(not opened, "nobody there: nor does any reading say so: %s" %
           opened[:2])
    tap.ok(g.points()[relay]["quality"] == "bad" and
           g.points()[relay]["value"] is None,
           "nobody there: `points` has no value of it: %s" % {
               k: g.points()[relay][k] for k in ("value", "quality",
                                                 "reason")})
    tap.ok(farm.coils("north/valves-1")[2] == 0, "and it is not open")


def check_deaf_echo(tap):
    """C10 a, b: the adapter hears itself, and the site does not say so."""
    with harness.tempdir() as d:
        profiles = lf.five(d)
        dev = {"dev": lf.device(every="300ms"),
               "valves-1": lf.device("waveshare-relay-8", 20, "300ms")}
        conf = lf.site(d, {"north": lf.rtu(d, "north", dev)})
        with harness.Farm(d, conf, profiles, script=lf.hold(
                "north/dev", lf.FIVE)) as farm, \
                harness.Gateway(d, conf, profiles) as g:
            relay = "north/valves-1/relay_3"
            got = lf.fresh(d, "north/dev/%", ALL, 20) and \
                lf.fresh(d, relay, 1, 20)
            tap.ok(got, "without echo all is read")
            farm.do("LINE north ECHO on")
            unplugged(tap, d, farm, g, relay)
            time.sleep(0.5)
            start = lf.now_ms()
            said = lf.told(d, "`?echo: true", 25, "device", "north/dev")
            tap.ok(said, "undeclared echo: the hint says what to write: %s" %
                   said)
            n = lf.good(d, "north/%", start)
            tap.ok(not n, "undeclared echo: no value: %s" % n[:2])
            judge(tap, d, "north/dev", "undeclared echo")


STRAYS = ["STRAY 00", "STRAY FF FF", "STRAY 01 03", "STRAY 01 03 02 00",
          "TRAIL 00", "TRAIL 01 03 02 00 64 B9 AF"]


def check_stray(tap):
    """C10 c: bytes before the answer and after it, frames of somebody else."""
    with harness.tempdir() as d:
        profiles = lf.five(d)
        conf = lf.site(d, {"north": lf.rtu(d, "north", {
            "dev": lf.device(every="200ms")})})
        with harness.Farm(d, conf, profiles, script=lf.hold(
                "north/dev", lf.FIVE)) as farm, \
                harness.Gateway(d, conf, profiles):
            lf.fresh(d, "north/dev/%", ALL, 20)
            for stray in STRAYS:
                farm.do("DEVICE north/dev %s EVERY 3" % stray)
                got = lf.fresh(d, "north/dev/%", 2 * ALL, 20)
                farm.do("DEVICE north/dev NORMAL")
                tap.ok(len(got) >= 2 * ALL, "%s: readings go on: %d" % (
                    stray, len(got)))
            judge(tap, d, "north/dev", "strays")


def check_unasked(tap):
    """Frames that nobody asked for, between the polls: a second master's, and
    one that looks like the answer to our next request."""
    with harness.tempdir() as d:
        profiles = lf.five(d)
        conf = lf.site(d, {"north": lf.rtu(d, "north", {
            "dev": lf.device(every="4s")})})
        with harness.Farm(d, conf, profiles, script=lf.hold(
                "north/dev", lf.FIVE)) as farm, \
                harness.Gateway(d, conf, profiles):
            since = 0
            for _ in range(3):
                got = lf.fresh(d, "north/dev/%", ALL, 20, since)
                since = got[-1][0] + 1 if got else 0
                tap.ok(len(got) >= ALL, "noise between polls: all is read: %d"
                       % len(got))
                for noise in ("01 03 02 00 65 78 6F", "09 03 02 00 64 58 6E",
                              "01 03 02 00", "00"):
                    farm.do("LINE north NOISE " + noise)
            got = lf.fresh(d, "north/dev/%", ALL, 20)
            tap.ok(len(got) >= ALL, "and after it: %d" % len(got))
            judge(tap, d, "north/dev", "noise between polls")


# Above 0 °C: moisture of frozen soil would be uncertain.
DTU = {"moisture": 26.0, "temperature": 10.1}


def check_dtu(tap):
    """C24: serial frames in a connection that we open, among texts."""
    with harness.tempdir() as d:
        port = harness.free_port()
        line = lf.tcp(port, {"dev": lf.device("cwt-soil-thc-s", 7, "300ms")},
                      transport="rtu_over_tcp", timeout="300ms", baud=9600)
        conf = lf.site(d, {"dtu": line})
        with harness.Farm(d, conf, script=lf.hold("dtu/dev", DTU) +
                          'LINE dtu GREET "REG:0001"\n'
                          'DEVICE dtu/dev STRAY "PING" EVERY 3\n') as farm:
            with harness.Gateway(d, conf):
                start = lf.now_ms()
                for p, v in DTU.items():
                    got = lf.fresh(d, "dtu/dev/" + p, 10, 20, start)
                    odd = [x for x in got if x[2] != v]
                    tap.ok(len(got) >= 10 and not odd, "%s is %s on every "
                           "poll, texts are ignored: %d %s" % (
                               p, v, len(got), odd[:2]))
                bad = [r for r in lf.rows(d, "dtu/dev/%", start)
                       if r[3] == "bad"]
                tap.ok(len(bad) <= 2, "and hardly a poll is lost: %d" %
                       len(bad))
            tap.ok(farm.stats()["lines"]["dtu"]["connections"] == 1,
                   "over one connection")


def check_as_tcp(tap, delay):
    """C24, the other way round: such a converter is taken for one that speaks
    Modbus TCP. It answers whatever it is asked with serial frames; its greeting
    is there at once, or comes while something or nothing is awaited."""
    what = "greeting %d ms late" % (delay * 1000)
    with harness.tempdir() as d:
        port = harness.free_port()
        dev = {"dev": lf.device("cwt-soil-thc-s", 7, "300ms")}
        conf = lf.site(d, {"dtu": lf.tcp(port, dev, timeout="300ms")})
        answer = bytes.fromhex("07030A0104FF9B007D00000000")
        s = Answering(port, b"REG:0001", answer + lf.crc(answer), delay)
        with harness.Gateway(d, conf) as g:
            said = lf.told(d, "rtu_over_tcp", 25)
            tap.ok(said, "%s: said in plain words: %s" % (what, said))
            time.sleep(8)
            shown = harness.wait_for(
                lambda: "rtu_over_tcp" in lf.line_of(g, "dtu")["text"] +
                lf.device_of(g, "dtu/dev")["text"], 30)
            tap.ok(shown, "%s: in status, too" % what)
            n = lf.good(d, "dtu/%")
            tap.ok(not n, "%s: no value: %s" % (what, n[:2]))
            tap.ok(s.connections <= 60, "%s: no tight loop of connections: %d"
                   % (what, s.connections))
            n = lf.events(d, "line", "dtu")
            # A timeout is a sign of life: it may come and go for a while.
            tap.ok(len(n) <= 20, "%s: nor of events: %d %s" % (what, len(n),
                                                             n[-1:]))
            tap.ok(lf.cpu_s(g.pids()["line dtu"]) < 2, "%s: nor a busy one" %
                   what)
        s.close()


class Answering:
    """A server with one answer to everything, and a greeting that comes
    `delay` seconds after the connection."""

    def __init__(self, port, greeting, answer, delay):
        self.s = socket.socket()
        self.s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.s.bind(("127.0.0.1", port))
        self.s.listen(16)
        self.connections = 0
        self.greeting, self.answer, self.delay = greeting, answer, delay
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                c, _ = self.s.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(c,),
                             daemon=True).start()

    def _serve(self, c):
        try:
            time.sleep(self.delay)
            c.sendall(self.greeting)
            while c.recv(256):
                c.sendall(self.answer)
        except OSError:
            pass
        c.close()

    def close(self):
        self.s.close()


def listening(d, port, registrations, **keys):
    devices = {}
    for name, text in registrations.items():
        devices[name] = lf.device(every="300ms")
        if text:
            devices[name]["registration"] = text
    return lf.site(d, {"far": dict({
        "transport": "rtu_over_tcp", "listen": "127.0.0.1:%d" % port,
        "baud": 9600, "timeout": "300ms", "devices": devices}, **keys)})


def shifted(by):
    return {"p%d" % a: by + a for a in lf.REGISTERS}


def check_dialled_into(tap):
    """C24: converters dial in, are cut off, and dial in again."""
    with harness.tempdir() as d:
        profiles = lf.five(d)
        conf = listening(d, harness.free_port(), {
            "a": "REG:0001", "b": "REG:0002"})
        values = {"a": shifted(100), "b": shifted(500)}
        with harness.Farm(d, conf, profiles, script="".join(
                lf.hold("far/" + n, v) for n, v in values.items()) +
                'LINE far STRAY "PING" EVERY 3\n') as farm, \
                harness.Gateway(d, conf, profiles) as g:
            for n in values:
                got = lf.fresh(d, "far/%s/%%" % n, 2 * ALL, 30)
                tap.ok(len(got) >= 2 * ALL, "%s has dialled in and is read" %
                       n)
            for i in range(2):
                before = farm.stats()["lines"]["far"]["connections"]
                farm.do("LINE far RESET")
                for n in values:
                    got = lf.fresh(d, "far/%s/%%" % n, 2 * ALL, 30)
                    tap.ok(len(got) >= 2 * ALL, "%s was cut off, and is read "
                           "again" % n)
                conns = farm.stats()["lines"]["far"]["connections"] - before
                tap.ok(conns == 2, "each has dialled once: %d" % conns)
            for n, v in values.items():
                judge(tap, d, "far/" + n, "both are unit 1; " + n, v)
            tap.ok(line_restarts(g, "far") == 0, "the line never ended")


def scripted(registers):
    return {int(p[1:]): v for p, v in registers.items()}


def check_callers(tap):
    """Who dials in: in pieces, a stranger, a second time while the first
    connection hangs half open; a guest without a text."""
    with harness.tempdir() as d:
        profiles, port = lf.five(d), harness.free_port()
        conf = listening(d, port, {"a": "REG:0001", "b": "REG:0002"})
        with harness.Gateway(d, conf, profiles) as g:
            a = lf.Dtu(port, b"REG:0001", scripted(shifted(100)))
            tap.ok(a.dial(pieces=True).s, "one dials in, byte by byte")
            got = lf.fresh(d, "far/a/%", ALL, 20)
            tap.ok(len(got) >= ALL, "and is read")
            stranger = lf.Dtu(port, b"HELLO-1", scripted(shifted(900))).dial()
            tap.ok(harness.wait_for(lambda: stranger.closed, 15),
                   "a stranger is closed")
            tap.ok(harness.wait_for(lambda: "HELLO-1" in g.log(), 5),
                   "and named in the log")
            b = lf.Dtu(port, b"REG:0002", scripted(shifted(500))).dial()
            got = lf.fresh(d, "far/b/%", ALL, 20)
            tap.ok(len(got) >= ALL, "the other one is read, too")
            # Its old connection stays open: a router that forgot it.
            old, old_s = a, a.s
            a = lf.Dtu(port, b"REG:0001", scripted(shifted(100))).dial()
            tap.ok(harness.wait_for(lambda: a.answers >= ALL, 20),
                   "one that dials in again takes its old one's place")
            tap.ok(harness.wait_for(lambda: old.closed, 5), "which is closed")
            old_s.close()
            got = lf.fresh(d, "far/a/%", ALL, 20)
            tap.ok(len(got) >= ALL, "and is read")
            b.cut()
            start = lf.now_ms()
            got = lf.fresh(d, "far/a/%", 2 * ALL, 20, start)
            tap.ok(len(got) >= 2 * ALL and not lf.good(
                d, "far/b/%", start + 1000), "one is cut off, the other one "
                "does not mind")
            b.dial()
            got = lf.fresh(d, "far/b/%", ALL, 30)
            tap.ok(len(got) >= ALL, "it dials in again and is read")
            for n, v in (("a", shifted(100)), ("b", shifted(500))):
                judge(tap, d, "far/" + n, n, v)


CHECKS = {
    "late": check_late,
    "random": check_random,
    "tid": check_tid,
    "serial": lambda tap: check_lengths(tap, "north", SERIAL_FAULTS),
    "tcp": lambda tap: check_lengths(tap, "station", TCP_FAULTS),
    "pieces": check_pieces,
    "echo": check_echo,
    "deaf-echo": check_deaf_echo,
    "stray": check_stray,
    "unasked": check_unasked,
    "dtu": check_dtu,
    "as-tcp": lambda tap: check_as_tcp(tap, 0),
    "as-tcp-50": lambda tap: check_as_tcp(tap, 0.05),
    "as-tcp-400": lambda tap: check_as_tcp(tap, 0.4),
    "dialled-into": check_dialled_into,
    "callers": check_callers,
}

lf.side_by_side(CHECKS, __file__, sys.argv[1:], 220)
