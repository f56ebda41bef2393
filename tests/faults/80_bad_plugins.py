#!/usr/bin/python3
"""Plugins that misbehave (field case C50): what is wrong with the file is
refused by name and reason; what breaks its contract costs its own readings;
what crashes or loops costs its line a restart and never another line a poll.
"""
# timeout: 180
# san: no
import os
import shutil
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import harness  # noqa: E402

BAD = harness.BUILD + "/tests/bad"

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
  station:
    transport: tcp
    host: 127.0.0.1:{tcp2}
    timeout: 200ms
    devices:
      far: {{type: cwt-soil-thc-s, unit: 1, every: 500ms}}
"""




def refused(tap, d, name, prepare):
    os.makedirs(d + "/plugins", exist_ok=True)
    path = d + "/plugins/%s.so" % name
    prepare(path)
    site = SITE.format(dir=d, bad=name, tcp1=1, tcp2=2).replace(
        "uplinks: {}\n", "")
    g = harness.Gateway(d, site, plugins=[d + "/plugins"])
    r = g.ctl("check", g.config, *g.dirs())
    tap.ok(r.returncode == 1 and name in r.stderr,
           "%s is refused by name: %s" % (name, r.stderr.strip()[:160]))
    os.remove(path)


def runs(tap, name):
    with harness.tempdir() as d:
        ports = dict(tcp1=harness.free_port(), tcp2=harness.free_port())
        site = SITE.format(dir=d, bad=name, **ports).replace(
            "uplinks: {}\n", "")
        field = SITE.format(dir=d, bad="cwt-soil-thc-s", **ports).replace(
            "uplinks: {}\n", "")
        with harness.Farm(d, field), \
                harness.Gateway(d, site, plugins=[BAD]) as g:
            seconds = 25 if name == "spin" else 8
            time.sleep(seconds)
            status = g.status()
            lines = {l["name"]: l for l in status["lines"]}
            far = harness.sqlite(
                d + "/store.db", "SELECT ts_ms FROM reading WHERE name = "
                "'station/far/moisture' AND quality = 'good' ORDER BY 1")
            gaps = [b[0] - a[0] for a, b in zip(far, far[1:])]
            tap.ok(len(far) > seconds and max(gaps) < 1000,
                   "%s: the other line kept its pace: %d readings, longest "
                   "gap %s ms" % (name, len(far), gaps and max(gaps)))
            tap.ok(lines["station"]["restarts"] == 0,
                   "%s: the other line was not restarted" % name)
            value = harness.sqlite(
                d + "/store.db", "SELECT count(*) FROM reading WHERE name "
                "LIKE 'north/culprit/%' AND value IS NOT NULL")[0][0]
            if name in ("segv", "spin"):
                tap.ok(lines["north"]["restarts"] > 0,
                       "%s: its line was restarted" % name)
                events = harness.sqlite(d + "/store.db", "SELECT text FROM "
                                        "events WHERE kind = 'child'")
                tap.ok(events, "%s: an event says so: %s" % (name, events[:1]))
            else:
                tap.ok(lines["north"]["restarts"] == 0,
                       "%s: its line goes on" % name)
                near = harness.sqlite(
                    d + "/store.db", "SELECT count(*) FROM reading WHERE "
                    "name = 'north/neighbour/moisture' AND quality = 'good'")
                tap.ok(near[0][0] > seconds,
                       "%s: its neighbour on the line is read" % name)
                reasons = harness.sqlite(
                    d + "/store.db", "SELECT DISTINCT reason FROM reading "
                    "WHERE name LIKE 'north/culprit/%'")
                tap.ok(("plugin",) in reasons,
                       "%s: its readings are bad, reason plugin: %s" %
                       (name, reasons))
            tap.ok(value == 0, "%s: no value of its was believed" % name)


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

    for name in ("segv", "spin", "overfill", "nan"):
        runs(tap, name)
    tap.finish()


main()
