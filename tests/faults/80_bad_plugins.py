#!/usr/bin/python3
"""Plugins that misbehave (field case C50): what is wrong with the file is
refused by name and reason; what breaks its contract costs its own readings;
what crashes or loops costs its line three restarts, is disabled then, and never
costs another line a poll. Deaths that are no plugin's doing disable none.
"""
# timeout: 300
# san: no
import os
import shutil
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import harness  # noqa: E402

BAD = harness.BUILD + "/tests/bad"
GOOD = harness.BUILD + "/tests/good"

SITE = """gateway: {{id: bad-plugins, clock: {{trust: system}}}}
store: {{path: "{dir}/store.db", commit: 200ms}}
uplinks: {{}}
lines:
  north:
    transport: tcp
    host: 127.0.0.1:{tcp1}
    timeout: 200ms
    devices:
      culprit: {{type: {bad}, unit: 1, every: 500ms}}
      neighbour: {{type: cwt-soil-thc-s, unit: 2, every: 500ms}}
      meter: {{type: {meter}, unit: 3, every: 500ms}}
  station:
    transport: tcp
    host: 127.0.0.1:{tcp2}
    timeout: 200ms
    devices:
      far: {{type: cwt-soil-thc-s, unit: 1, every: 500ms}}
"""



def sites(d, bad):
    """The gateway's, and the field's: there a plugin is what it stands for."""
    ports = dict(tcp1=harness.free_port(), tcp2=harness.free_port())
    return [SITE.format(dir=d, bad=kind, meter=meter, **ports).replace(
        "uplinks: {}\n", "") for kind, meter in
        ((bad, "tuf-2000m-total"), ("cwt-soil-thc-s", "tuf-2000m"))]


def events(d, kind, like="%"):
    """(ts_ms, subject, text)"""
    return harness.sqlite(
        d + "/store.db", "SELECT ts_ms, subject, text FROM events WHERE "
        "kind = ? AND text LIKE ? ORDER BY seq", kind, like)


def read_since(d, point, since):
    return harness.sqlite(
        d + "/store.db", "SELECT min(ts_ms) FROM reading WHERE name = ? AND "
        "quality <> 'bad' AND ts_ms > ?", point, since)[0][0]


def refused(tap, d, name, prepare):
    os.makedirs(d + "/plugins", exist_ok=True)
    path = d + "/plugins/%s.so" % name
    prepare(path)
    site, _ = sites(d, name)
    g = harness.Gateway(d, site, plugins=[d + "/plugins"])
    r = g.ctl("check", g.config, *g.dirs())
    tap.ok(r.returncode == 1 and name in r.stderr,
           "%s is refused by name: %s" % (name, r.stderr.strip()[:160]))
    os.remove(path)


def pace(tap, d, g, name, seconds):
    """The other line has missed nothing."""
    far = harness.sqlite(
        d + "/store.db", "SELECT ts_ms FROM reading WHERE name = "
        "'station/far/moisture' AND quality <> 'bad' ORDER BY 1")
    gaps = [b[0] - a[0] for a, b in zip(far, far[1:])]
    tap.ok(len(far) > seconds and max(gaps) < 1000,
           "%s: the other line kept its pace: %d readings, longest gap %s ms" %
           (name, len(far), gaps and max(gaps)))
    lines = {l["name"]: l for l in g.status()["lines"]}
    tap.ok(lines["station"]["restarts"] == 0,
           "%s: the other line was not restarted" % name)
    return lines["north"]


def breaks_its_contract(tap, name):
    with harness.tempdir() as d:
        site, field = sites(d, name)
        with harness.Farm(d, field), \
                harness.Gateway(d, site, plugins=[BAD]) as g:
            time.sleep(8)
            line = pace(tap, d, g, name, 8)
            tap.ok(line["restarts"] == 0, "%s: its line goes on" % name)
            near = harness.sqlite(
                d + "/store.db", "SELECT count(*) FROM reading WHERE "
                "name = 'north/neighbour/moisture' AND quality <> 'bad'")
            tap.ok(near[0][0] > 8,
                   "%s: its neighbour on the line is read" % name)
            culprit_is_bad(tap, d, name)


def culprit_is_bad(tap, d, name):
    got = harness.sqlite(
        d + "/store.db", "SELECT reason, count(value) FROM reading "
        "WHERE name LIKE 'north/culprit/%' GROUP BY reason")
    tap.ok("plugin" in [r for r, _ in got] and not sum(n for _, n in got),
           "%s: its readings are bad, reason plugin, no value of its was "
           "believed: %s" % (name, got))


def disabled(tap, d, name, times=1, seconds=60):
    """Waits until it is; when that was, by the wall clock."""
    found = harness.wait_for(
        lambda: (events(d, "plugin", "%disabled after 3 crashes%")
                 [times - 1:] or [None])[0], seconds)
    tap.ok(found and found[1] == "north" and name in found[2],
           "%s: disabled, with an event that names it: %s" % (name, found))
    return found[0] if found else 0


def others_go_on(tap, d, name, since):
    for point in ("north/neighbour/moisture", "north/meter/total"):
        at = harness.wait_for(lambda: read_since(d, point, since), 30)
        tap.ok(at and at - since < 30000, "%s: %s is sampled again %s ms "
               "after it was disabled" % (name, point, at and at - since))


def ends_its_process(tap, name, began):
    """Crashes (`began` is what the event says) or never returns."""
    with harness.tempdir() as d:
        site, field = sites(d, name)
        with harness.Farm(d, field), \
                harness.Gateway(d, site, plugins=[BAD]) as g:
            since = disabled(tap, d, name)
            others_go_on(tap, d, name, since)
            told = events(d, "child", began + " in plugin %s, called for "
                          "north/culprit%%" % name)
            tap.ok(len(told) == 3, "%s: each time an event said why the line's "
                   "process ended: %s" % (name, told[:1]))
            time.sleep(4)
            line = pace(tap, d, g, name, 8)
            tap.ok(line["restarts"] == 3, "%s: its line is not restarted any "
                   "more: %d times" % (name, line["restarts"]))
            culprit_is_bad(tap, d, name)
            shown = {x["name"]: x["text"] for x in line["devices"]}
            tap.ok("disabled after 3 crashes" in shown["north/culprit"],
                   "%s: its device's state says so: %s" %
                   (name, shown["north/culprit"]))
            text = g.ctl("status").stdout
            tap.ok("plugin %s on line north: disabled" % name in text,
                   "%s: gatewayctl status shows it" % name)


def enabled_again(tap):
    """By a reload, and by another file; what it switches is alarmed."""
    name = "crasher"
    with harness.tempdir() as d:
        os.makedirs(d + "/plugins")
        shutil.copy(BAD + "/crasher.so", d + "/plugins/crasher.so")
        site, field = sites(d, name)
        with harness.Farm(d, field), \
                harness.Gateway(d, site, plugins=[d + "/plugins"]) as g:
            disabled(tap, d, name)
            alarm = events(d, "output", "alarm: its plugin is disabled%")
            tap.ok([a[1] for a in alarm] == ["north/culprit"],
                   "%s: an alarm says that its outputs cannot be made safe: %s"
                   % (name, alarm))
            g.p.send_signal(signal.SIGHUP)
            disabled(tap, d, name, times=2)
            shutil.copy(GOOD + "/crasher.so", d + "/plugins/new")
            os.rename(d + "/plugins/new", d + "/plugins/crasher.so")
            back = harness.wait_for(
                lambda: events(d, "plugin", "%enabled again%"), 20)
            tap.ok(back, "%s: a changed file enables it: %s" % (name, back))
            at = harness.wait_for(
                lambda: read_since(d, "north/culprit/level", 0), 20)
            tap.ok(at, "%s: and it is read" % name)
            tap.ok(not g.status()["lines"][0]["disabled_plugins"],
                   "%s: nothing is disabled any more" % name)


def killed_from_outside(tap):
    with harness.tempdir() as d:
        _, field = sites(d, "x")
        site = sites(d, "tuf-2000m-total")[0]
        with harness.Farm(d, field), harness.Gateway(d, site) as g:
            for _ in range(5):
                pid = harness.wait_for(lambda: g.pids().get("line north"), 20)
                os.kill(pid, signal.SIGKILL)
                harness.wait_for(
                    lambda: g.pids().get("line north") != pid, 10)
            line = harness.wait_for(
                lambda: (lambda l: l["restarts"] == 5 and l)(
                    g.status()["lines"][0]), 20)
            tap.ok(line and not line["disabled_plugins"],
                   "killed 5 times from outside: no plugin is disabled")
            tap.ok(not events(d, "plugin", "%disabled%"),
                   "and no event says so")


def main():
    tap = harness.Tap()
    with harness.tempdir() as d:
        good = harness.BUILD + "/plugins/tuf-2000m-total.so"

        def truncated(path):
            with open(good, "rb") as f, open(path, "wb") as out:
                out.write(f.read(2000))

        refused(tap, d, "truncated", truncated)
        refused(tap, d, "empty", lambda p: open(p, "w").close())
        for name in ("nosymbol", "wrongabi"):
            refused(tap, d, name,
                    lambda p, n=name: shutil.copy(BAD + "/%s.so" % n, p))

    for name in ("overfill", "nan"):
        breaks_its_contract(tap, name)
    ends_its_process(tap, "segv", "it was ended by signal 11%")
    ends_its_process(tap, "spin", "it said nothing for 10 s")
    enabled_again(tap)
    killed_from_outside(tap)
    tap.finish()


main()
