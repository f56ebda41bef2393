#!/usr/bin/python3
"""gatewayctl history against a gateway that has polled for a while: the same
as the store has, running or stopped."""
# timeout: 90
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import harness  # noqa: E402

SITE = """gateway: {{id: history, clock: {{trust: system}}}}
store: {{path: "{d}/store.db", commit: 200ms}}
lines:
  north:
    transport: rtu
    port: "{d}/north.tty"
    baud: 9600
    timeout: 200ms
    devices:
      soil-a1: {{type: cwt-soil-thc-s, unit: 1, every: 250ms}}
      soil-a2: {{type: cwt-soil-thc-s, unit: 2, every: 250ms}}
"""
POINT = "north/soil-a1/moisture"
SQL = "SELECT ts_ms, value, quality, reason FROM reading WHERE name = ? " \
      "ORDER BY ts_ms"


def rows(r):
    return [json.loads(x) for x in r.stdout.splitlines()]


def main():
    tap = harness.Tap()
    with harness.tempdir() as d:
        site = SITE.format(d=d)
        db = d + "/store.db"
        with harness.Farm(d, site, speed=3000) as farm:
            with harness.Gateway(d, site) as g:
                tap.ok(harness.wait_for(lambda: len(harness.sqlite(
                    db, SQL, POINT)) >= 10, 30), "readings come in")
                r = g.ctl("history", POINT, "--json")
                tap.ok(r.returncode == 0 and len(rows(r)) >= 10,
                       "the store of the running gateway is found " + r.stderr)
                farm.do("DEVICE north/soil-a1 SILENT")
                tap.ok(harness.wait_for(lambda: any(
                    x[3] == "timeout" for x in harness.sqlite(db, SQL,
                                                              POINT)), 30),
                       "a silent probe is in the store")
                r = g.ctl("history", POINT, "--limit", "1")
                tap.ok("-" in r.stdout and "bad timeout" in r.stdout,
                       "and is shown without a value: " + r.stdout.strip())
                r = g.ctl("history", POINT, "--limit", "1", "--utc")
                tap.ok("Z " in r.stdout, "--utc")
            # Stopped: the file is all there is.
            kept = harness.sqlite(db, SQL, POINT)
            r = g.ctl("history", POINT, "--json", "--db", db)
            got = [(x["ts"], x["value"], x["quality"], x["reason"])
                   for x in rows(r)]
            tap.ok(got == kept and len(got) > 10,
                   "%d readings, each as SQL has it" % len(got))
            tap.ok(all(x["point"] == POINT for x in rows(r)), "of this point")
            r = g.ctl("history", POINT, "--config", g.config)
            tap.ok(r.returncode == 0 and len(r.stdout.splitlines()) ==
                   len(kept), "the site file names the store " + r.stderr)
            mid = kept[len(kept) // 2][0]
            r = g.ctl("history", POINT, "--json", "--db", db, "--from",
                      str(mid), "--to", str(kept[-1][0]))
            tap.ok([x["ts"] for x in rows(r)] == [
                x[0] for x in kept if mid <= x[0] < kept[-1][0]],
                "--from counts in, --to does not")
            r = g.ctl("history", POINT, "--json", "--db", db, "--limit", "3")
            tap.ok([x["ts"] for x in rows(r)] == [x[0] for x in kept[-3:]],
                   "--limit keeps the newest")
            r = g.ctl("history", POINT, "--db", db, "--to", "1d")
            tap.ok(r.returncode == 0 and not r.stdout and "nothing from" in
                   r.stderr, "nothing there is said")
            r = g.ctl("history", "north/soil-a1/moistur", "--db", db)
            tap.ok(r.returncode == 1 and POINT in r.stderr,
                   "an unknown point: 1, and the nearest")
            for bad in ("/nonexistent.db", d, g.config):
                r = g.ctl("history", POINT, "--db", bad)
                tap.ok(r.returncode == 1 and bad in r.stderr,
                       "no store: 1 and why: " + r.stderr.strip())
            r = g.ctl("history", POINT)
            tap.ok(r.returncode == 3 and "--db" in r.stderr,
                   "no gateway, no site file: 3 and what to do")
    tap.finish()


main()
