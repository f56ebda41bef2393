#!/usr/bin/python3
"""Commands and outputs on the wire: a write is the next frame after the
transaction in flight, a close overtakes an open (C47); what was opened closes
by itself, whatever has been killed (C44, C45); a state is what was read, never
what was wished; stop and reload while watering (C48).

The scenarios run side by side; `45_commands.py NAME...` runs the named ones."""
# timeout: 240
# san: no
import json
import os
import random
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import harness  # noqa: E402
import line_field as lf  # noqa: E402

RELAY = "waveshare-relay-8"
VALVES = "north/valves-1"
WRITES = int(os.environ.get("WRITES", "50"))


def site(d, soils=(1, 2), every="500ms", timeout="200ms", baud=115200,
         **more):
    devices = {"soil-%d" % i: lf.device("cwt-soil-thc-s", i, every)
               for i in soils}
    devices["valves-1"] = lf.device(RELAY, 20, every)
    return lf.site(d, {"north": lf.rtu(d, "north", devices, timeout=timeout,
                                       baud=baud)}, **more)


def relay(n):
    return "%s/relay_%d" % (VALVES, n)


def open_for(g, n, seconds, tap=None):
    r = g.ctl("write", relay(n), "on", "--for", "%ds" % seconds)
    if tap:
        tap.ok(r.returncode == 0, "relay %d is opened for %d s: %s" % (
            n, seconds, (r.stdout + r.stderr).strip()))
    return r.returncode == 0


def is_open(farm, n):
    return farm.coils(VALVES)[n - 1] == 1


def ready(d):
    """Polled, so that the line has seen to its outputs and takes commands."""
    return lf.fresh(d, "north/soil-%/moisture", 1, 30, 0)


def closes(tap, farm, n, seconds, what):
    start = time.monotonic()
    done = harness.wait_for(lambda: not is_open(farm, n), seconds)
    took = time.monotonic() - start
    tap.ok(done, "%s: closed after %.1f s" % (what, took))
    return took


def shown(g, n):
    p = g.points().get(relay(n), {})
    return {k: p.get(k) for k in ("value", "quality", "reason")}


def alarm(d, n, seconds, pattern="^alarm: not in its safe state"):
    return lf.told(d, pattern, seconds, "output", relay(n))


# ---- C47: next after the one in flight

def given(d):
    """(ms, subject) when the line was handed each command."""
    return harness.sqlite(
        d + "/store.db", "SELECT ts_ms, subject, text FROM events WHERE "
        "kind = 'command' AND text NOT LIKE '%asked by%:%' ORDER BY seq")


def writes(d):
    """(ms, coil, on) of each write on the wire; a relay is opened by the time
    for the board's timer, 0x0200 above it."""
    return [(t, b[3], b[2] == 2 or b[4] == 0xFF)
            for t, b in lf.frames(d + "/frames") if b[:2] == b"\x14\x05"]


def check_next(tap):
    """A slow line that never rests, two units dead, writes at random."""
    dice = random.Random(47)
    with harness.tempdir() as d:
        conf = site(d, range(1, 11), "100ms", "300ms", 9600)
        with harness.Farm(d, conf, frames=d + "/frames") as farm, \
                harness.Gateway(d, conf) as g:
            ready(d)
            farm.do("DEVICE north/soil-3 SILENT")
            farm.do("DEVICE north/soil-4 SILENT")
            first, failed = len(writes(d)), 0
            for i in range(WRITES):
                time.sleep(dice.uniform(0, 0.15))
                n = i // 2 % 8 + 1
                args = ("off",) if i % 2 else ("on", "--for", "60s")
                failed += g.ctl("write", relay(n), *args).returncode != 0
            tap.ok(not failed, "%d writes are done: %d were not" % (WRITES,
                                                                    failed))
            harness.wait_for(lambda: len(given(d)) >= WRITES, 5)
            frames = [t for t, _ in lf.frames(d + "/frames")]
            between, waited = [], []
            for (ts, *_), (t, coil, on) in zip(given(d), writes(d)[first:]):
                # ts is when core had handed it over, in whole milliseconds.
                between.append(sum(ts + 1 <= f < t for f in frames))
                waited.append(t - ts)
            tap.ok(len(between) == WRITES and max(between) <= 1,
                   "between a command and its write there is at most the "
                   "transaction that the line had begun meanwhile: %s" % {
                       n: between.count(n) for n in set(between)})
            tap.ok(between.count(0) >= WRITES / 4,
                   "often none at all: %d of %d" % (between.count(0),
                                                     len(between)))
            tap.ok(max(waited) < 1500, "it waits for one timeout and its "
                   "turnaround at most: %d ms" % max(waited))
            want = [(i // 2 % 8, i % 2 == 0) for i in range(WRITES)]
            tap.ok([w[1:] for w in writes(d)[first:]] == want,
                   "each is written once, in order")
            since = lf.now_ms()
            got = lf.fresh(d, "north/soil-1/moisture", 3, 20, since)
            tap.ok(len(got) >= 3, "and polling goes on")


def check_dead_in_flight(tap):
    """A dead unit's answer is awaited: that, and no quiet time after it."""
    with harness.tempdir() as d:
        conf = site(d, (1, 2), "1s", "2s")
        with harness.Farm(d, conf, frames=d + "/frames") as farm, \
                harness.Gateway(d, conf) as g:
            ready(d)
            farm.do("DEVICE north/soil-1 SILENT")
            for on in (True, False):
                start = lf.now_ms()
                dead = harness.wait_for(lambda: [
                    t for t, b in lf.frames(d + "/frames")
                    if b[0] == 1 and t > start], 15, 0.02)
                known = len(writes(d))
                args = ("on", "--for", "60s") if on else ("off",)
                g.ctl("write", relay(3), *args)
                sent = writes(d)[known:]
                tap.ok(sent and sent[0][1:] == (2, on) and
                       sent[0][0] - dead[-1] < 3200, "%s: written %s ms after "
                       "a dead unit was asked, whose timeout is 2 s" % (
                           args[0], sent and round(sent[0][0] - dead[-1])))
            tap.ok(not is_open(farm, 3), "and done")


def check_overtake(tap):
    """An open and then a close, both while a slow answer is awaited: the
    close goes first."""
    with harness.tempdir() as d:
        conf = site(d, (1,), "1s", "1s")
        with harness.Farm(d, conf, frames=d + "/frames") as farm, \
                harness.Gateway(d, conf) as g:
            ready(d)
            farm.do("DEVICE north/soil-1 LATE 900ms")
            proved = 0
            for _ in range(12):
                proved += overtake(tap, d, g, farm)
                if proved == 2:
                    break
            tap.ok(proved == 2, "the close went before the open that was "
                   "given first")


def overtake(tap, d, g, farm):
    """1 when both commands met in the queue and the close was first."""
    if not open_for(g, 2, 60):
        return 0
    slow = len([1 for _, b in lf.frames(d + "/frames") if b[0] == 1])
    harness.wait_for(lambda: len([1 for _, b in lf.frames(d + "/frames")
                                  if b[0] == 1]) > slow, 5, 0.01)
    known, before = len(given(d)), len(writes(d))
    t = [threading.Thread(target=g.ctl, args=a) for a in (
        ("write", relay(1), "on", "--for", "60s"),
        ("write", relay(2), "off"))]
    t[0].start()
    harness.wait_for(lambda: len(given(d)) > known, 2, 0.02)
    t[1].start()
    for x in t:
        x.join()
    harness.wait_for(lambda: len(given(d)) >= known + 2, 5)
    asked, wrote = given(d)[known:], writes(d)[before:]
    g.ctl("write", relay(1), "off")
    if len(asked) < 2 or asked[0][1] != relay(1) or len(wrote) < 2 or \
            asked[1][0] >= wrote[0][0]:
        return 0    # the answer was there before the second command
    tap.ok([w[1:] for w in wrote[:2]] == [(1, False), (0, True)],
           "both waited: written were (coil, on) %s" % [
               w[1:] for w in wrote[:2]])
    return 1


# ---- the deadline

def check_deadline(tap):
    """A healthy gateway closes at the deadline."""
    with harness.tempdir() as d:
        with harness.Farm(d, site(d)) as farm, \
                harness.Gateway(d, site(d)) as g:
            ready(d)
            tap.ok(g.ctl("write", relay(1), "on").returncode != 0 and
                   not is_open(farm, 1), "without a time nothing is opened")
            tap.ok(g.ctl("write", relay(1), "on", "--for",
                         "5h").returncode != 0 and not is_open(farm, 1),
                   "nor for longer than its max_on")
            start = time.monotonic()
            open_for(g, 1, 3, tap)
            tap.ok(is_open(farm, 1), "and it is open")
            tap.ok(harness.wait_for(lambda: shown(g, 1)["value"] == 1, 10),
                   "and shown as open: %s" % shown(g, 1))
            closes(tap, farm, 1, 15, "its time is over")
            took = time.monotonic() - start
            tap.ok(took > 2.7, "not before: %.1f s" % took)
            tap.ok(alarm(d, 1, 5, "closed: its time is over"),
                   "an event says so: %s" % lf.events(d, "output"))
            tap.ok(harness.wait_for(lambda: shown(g, 1) == {
                "value": 0, "quality": "good", "reason": "none"} or
                shown(g, 1)["value"] == 0, 10), "and it is shown as closed: "
                "%s" % shown(g, 1))
            open_for(g, 2, 60, tap)
            r = g.ctl("write", relay(2), "off")
            tap.ok(r.returncode == 0 and not is_open(farm, 2),
                   "closed by command before its time")


def check_core_killed(tap):
    """kill -9 of core: nobody is left but the line's program."""
    with harness.tempdir() as d:
        with harness.Farm(d, site(d)) as farm:
            g = harness.Gateway(d, site(d)).start()
            ready(d)
            open_for(g, 1, 20, tap)
            line = g.pids()["line north"]
            tap.ok(is_open(farm, 1), "it is open")
            g.kill9()
            closes(tap, farm, 1, 20, "core killed")
            tap.ok(harness.wait_for(
                lambda: not os.path.exists("/proc/%d" % line), 12),
                "and the line's program ends")


def check_line_killed(tap):
    """kill -9 of the line's program: its successor closes before it polls."""
    with harness.tempdir() as d:
        with harness.Farm(d, site(d), frames=d + "/frames") as farm, \
                harness.Gateway(d, site(d)) as g:
            ready(d)
            open_for(g, 1, 20, tap)
            tap.ok(is_open(farm, 1), "it is open")
            pid = g.pids()["line north"]
            killed = lf.now_ms()
            os.kill(pid, signal.SIGKILL)
            closes(tap, farm, 1, 20, "line killed")
            tap.ok(harness.wait_for(lambda: [
                r for r in lf.good(d, relay(1), killed + 100)
                if r[2] == 0], 20), "and it is read as closed")
            asked = [b[:2] for t, b in lf.frames(d + "/frames")
                     if t > killed + 20]
            tap.ok(asked and asked[0][0] == 20 and asked[0][1] in (1, 5) and
                   b"\x14\x05" in asked[:9], "the first it does is to see to "
                   "its outputs: %s" % [a.hex() for a in asked[:4]])
            late = [r for r in lf.good(d, relay(1), killed + 100) if r[2]]
            tap.ok(not late, "never again shown as open: %s" % late[:2])


def check_silent_at_deadline(tap):
    """The board is silent when it is to close, and for a while after."""
    with harness.tempdir() as d:
        with harness.Farm(d, site(d), frames=d + "/frames") as farm, \
                harness.Gateway(d, site(d)) as g:
            ready(d)
            open_for(g, 1, 2, tap)
            start = lf.now_ms()
            farm.do("DEVICE %s SILENT" % VALVES)
            said = alarm(d, 1, 20)
            tap.ok(said, "silent at the deadline: an alarm: %s" % said)
            tap.ok(harness.wait_for(lambda: not is_open(farm, 1), 5),
                   "its own timer closes it, which nobody here can know")

            def tries():
                return [t for t, coil, on in writes(d)
                        if coil == 0 and not on and t > start]

            looks = [1 for t, b in lf.frames(d + "/frames")
                     if t > start + 1500 and b[0] == 20]
            tap.ok(harness.wait_for(lambda: len([
                1 for t, b in lf.frames(d + "/frames")
                if t > start + 1500 and b[0] == 20]) >= len(looks) + 3, 30),
                "it is tried again and again: %d writes" % len(tries()))
            s = shown(g, 1)
            tap.ok(s["value"] is None and s["quality"] == "bad",
                   "meanwhile its state is unknown: %s" % s)
            tap.ok(not lf.good(d, relay(1), start + 2200),
                   "no reading claims to know: %s" %
                   lf.good(d, relay(1), start + 2200)[:2])
            farm.do("DEVICE %s NORMAL" % VALVES)
            tap.ok(alarm(d, 1, 40, "^alarm over"), "when it answers again "
                   "the alarm is over: %s" % lf.events(d, "output", relay(1)))
            tap.ok(not is_open(farm, 1), "it is closed")
            tap.ok(harness.wait_for(lambda: shown(g, 1)["value"] == 0, 30),
                   "and it is shown as closed: %s" % shown(g, 1))


# ---- a state is what was read

def check_stays_open(tap):
    """C45: it acknowledges the close and stays open."""
    with harness.tempdir() as d:
        with harness.Farm(d, site(d)) as farm, \
                harness.Gateway(d, site(d)) as g:
            ready(d)
            open_for(g, 1, 60, tap)
            farm.do("VALUE %s = on" % relay(1))
            start = lf.now_ms()
            r = g.ctl("write", relay(1), "off", "--json")
            said = json.loads(r.stdout or "{}")
            tap.ok(r.returncode != 0 and said.get("result") == "uncertain",
                   "a close that does not take is uncertain: %s" % said)
            said = alarm(d, 1, 15)
            tap.ok(said and "differently" in said, "and an alarm: %s" % said)
            time.sleep(3)
            lies = [x for x in lf.good(d, relay(1), start) if not x[2]]
            tap.ok(not lies, "never said to be closed: %s" % lies[:2])
            unsure = [x for x in lf.rows(d, relay(1), start)
                      if x[2:] == (None, "bad", "unconfirmed")]
            tap.ok(unsure, "what was written and not confirmed is unknown, "
                   "reason unconfirmed: %d readings" % len(unsure))
            tap.ok(shown(g, 1)["value"] != 0, "`points` agrees: %s" %
                   shown(g, 1))
            farm.do("RELEASE %s" % relay(1))
            closes(tap, farm, 1, 40, "when it can")
            tap.ok(alarm(d, 1, 20, "^alarm over"), "and the alarm is over")
            tap.ok(harness.wait_for(lambda: shown(g, 1)["value"] == 0, 20),
                   "and it is shown as closed: %s" % shown(g, 1))


def check_stays_closed(tap):
    """It acknowledges the opening and stays closed; and one that answers
    nothing at all to the reading back."""
    with harness.tempdir() as d:
        with harness.Farm(d, site(d), frames=d + "/frames",
                          script="VALUE %s = off\n" % relay(1)) as farm, \
                harness.Gateway(d, site(d)) as g:
            ready(d)
            start = lf.now_ms()
            r = g.ctl("write", relay(1), "on", "--for", "60s", "--json")
            said = json.loads(r.stdout or "{}")
            tap.ok(r.returncode != 0 and said.get("result") == "uncertain",
                   "an opening that does not take is uncertain: %s" % said)
            time.sleep(1)
            lies = [x for x in lf.good(d, relay(1), start) if x[2]]
            tap.ok(not lies, "never said to be open: %s" % lies[:2])
            unsure = [x for x in lf.rows(d, relay(1), start)
                      if x[2:] == (None, "bad", "unconfirmed")]
            tap.ok(unsure, "but unknown, reason unconfirmed: %d" % len(unsure))
            farm.do("RELEASE %s" % relay(1))
            time.sleep(2)
            tap.ok(not is_open(farm, 1) and [
                w for w in writes(d)[::-1] if w[1] == 0][0][2] is False,
                "and it was closed for safety: the last write is a close")
            answer_lost(tap, d, farm, g)


def answer_lost(tap, d, farm, g):
    """The board does it and its answers are lost: nobody knows."""
    farm.do("DEVICE %s LOST" % VALVES)
    start = lf.now_ms()
    r = g.ctl("write", relay(2), "on", "--for", "60s", "--json")
    said = json.loads(r.stdout or "{}")
    tap.ok(r.returncode != 0 and said.get("result") == "uncertain",
           "answers are lost: uncertain: %s" % said)
    known = lf.good(d, relay(2), start + 300)
    tap.ok(not known, "and unknown: %s" % known[:2])
    farm.do("DEVICE %s NORMAL" % VALVES)
    closes(tap, farm, 2, 40, "what may be open")


def check_found_open(tap):
    """C44: open at the start, by whomever: closed before anything is polled;
    or an alarm when it cannot be."""
    with harness.tempdir() as d:
        script = "VALUE %s = on FOR 1500ms\nVALUE %s = on\n" % (relay(1),
                                                               relay(2))
        with harness.Farm(d, site(d), script=script,
                          frames=d + "/frames") as farm:
            time.sleep(0.5)
            with harness.Gateway(d, site(d)) as g:
                said = alarm(d, 2, 20)
                tap.ok(said, "held open at the start: an alarm: %s" % said)
                tap.ok(harness.wait_for(lambda: lf.good(
                    d, "north/soil-1/moisture"), 20),
                    "and the rest is polled")
                first = [b[:2] for _, b in lf.frames(d + "/frames")][:8]
                tap.ok(all(f[0] == 20 for f in first), "after all outputs "
                       "were seen to: %s" % [f.hex() for f in first])
                closes(tap, farm, 1, 20, "one that can be")
                lies = [x for x in lf.good(d, relay(2)) if not x[2]]
                tap.ok(not lies, "the other one is never said to be closed: "
                       "%s" % lies[:2])
                farm.do("RELEASE %s" % relay(2))
                closes(tap, farm, 2, 30, "and that one, in the end")
                tap.ok(g.p.poll() is None, "all stays up")


# ---- C48: stop and reload while watering

def watering(tap, d, farm, g, seconds=120):
    """A valve is open and the line waits 5 s for a unit that is dead."""
    ready(d)
    open_for(g, 1, seconds, tap)
    farm.do("DEVICE north/soil-1 SILENT")
    farm.do("DEVICE north/soil-2 SILENT")
    asked = len([1 for _, b in lf.frames(d + "/frames") if b[0] in (1, 2)])
    harness.wait_for(lambda: len([
        1 for _, b in lf.frames(d + "/frames") if b[0] in (1, 2)]) > asked, 5,
        0.02)


def order_at_end(tap, d, what):
    """The last writes are closes, and each is followed by a look."""
    harness.wait_for(lambda: lf.frames(d + "/frames")[-1][1][1] == 1, 2)
    tail = [b for _, b in lf.frames(d + "/frames")][-40:]
    off = [i for i, b in enumerate(tail)
           if b[:6] == bytes((20, 5, 0, 0, 0, 0))]
    tap.ok(off and any(b[:2] == b"\x14\x01" for b in tail[off[-1] + 1:]),
           "%s: the close was written and read back" % what)


def check_stop(tap):
    with harness.tempdir() as d, harness.Broker() as broker:
        conf = site(d, timeout="5s", uplinks={"county": {
            "broker": "mqtt://127.0.0.1:%d" % broker.port, "topic": "t"}})
        with harness.Farm(d, conf, frames=d + "/frames") as farm:
            g = harness.Gateway(d, conf).start()
            watering(tap, d, farm, g)
            start = time.monotonic()
            code = g.stop(20)
            took = time.monotonic() - start
            tap.ok(code == 0 and took < 11, "SIGTERM while the line waits: "
                   "exit %s after %.1f s" % (code, took))
            tap.ok(not is_open(farm, 1), "the valve is closed")
            order_at_end(tap, d, "SIGTERM")
            states = [json.loads(m.payload)["state"] for m in
                      list(broker.messages) if m.topic == "t/bench/status"]
            tap.ok(states[-1:] == ["offline"], "and `offline` is published: "
                   "%s" % states)


def check_reload(tap):
    with harness.tempdir() as d:
        conf = site(d, timeout="5s")
        with harness.Farm(d, conf, frames=d + "/frames") as farm, \
                harness.Gateway(d, conf) as g:
            watering(tap, d, farm, g, 14)
            opened = time.monotonic()
            pid = g.pids()["line north"]
            g.write("gateway: {id: bench\nlines: [\n")
            g.p.send_signal(signal.SIGHUP)
            said = lf.told(d, "stays in force", 15, "gateway")
            tap.ok(said, "broken YAML: said: %s" % said)
            tap.ok(is_open(farm, 1) and g.pids()["line north"] == pid,
                   "and the run continues")
            closes(tap, farm, 1, 30, "broken YAML: at its time")
            took = time.monotonic() - opened
            tap.ok(took > 9, "and not before: %.1f s" % took)
            farm.do("LINE north NORMAL")
            open_again(tap, d, farm, g)
            without = json.loads(conf)
            del without["lines"]["north"]["devices"]["valves-1"]
            g.write(json.dumps(without))
            g.p.send_signal(signal.SIGHUP)
            closes(tap, farm, 2, 30, "a site without the valves")
            tap.ok(harness.wait_for(lambda: [
                b for _, b in lf.frames(d + "/frames")
                if b[0] == 20][-1][1] == 1, 10), "closed and read back")
            got = lf.fresh(d, "north/soil-1/moisture", 1, 30)
            tap.ok(got, "and the others are read again")


def open_again(tap, d, farm, g):
    """A lost board takes no command; it comes back by itself."""
    tap.ok(harness.wait_for(lambda: open_for(g, 2, 120), 40),
           "another valve is opened")
    tap.ok(is_open(farm, 2), "it is open")


CHECKS = {
    "next": check_next,
    "dead-in-flight": check_dead_in_flight,
    "overtake": check_overtake,
    "deadline": check_deadline,
    "core-killed": check_core_killed,
    "line-killed": check_line_killed,
    "silent-at-deadline": check_silent_at_deadline,
    "stays-open": check_stays_open,
    "stays-closed": check_stays_closed,
    "found-open": check_found_open,
    "stop": check_stop,
    "reload": check_reload,
}

lf.side_by_side(CHECKS, __file__, sys.argv[1:], 220)
