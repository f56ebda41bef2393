#!/usr/bin/python3
"""The store is in trouble and the field must not notice: somebody holds it
locked (C38), the disk is full and freed again (C37), the file is rubbish at
start (C40). Polling keeps its pace, the readings are there afterwards."""
# timeout: 180
import os
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import field_site  # noqa: E402
import harness  # noqa: E402
import judge  # noqa: E402

LOCKED = float(os.environ.get("LOCKED", "8"))


def requests(farm):
    """What the field has been asked, a device."""
    return {name: d["requests"]
            for name, d in farm.stats()["devices"].items()}


def locked(tap):
    with harness.tempdir() as d, harness.Broker() as broker:
        site = field_site.site(d, broker.port, harness.free_port(), "500ms")
        with harness.Farm(d, site) as farm:
            g = harness.Gateway(d, site).start()
            harness.wait_for(lambda: len(broker.readings()) > 20, 20)
            db = sqlite3.connect(d + "/store.db", isolation_level=None,
                                 timeout=5)
            db.execute("BEGIN EXCLUSIVE")
            start, before = time.time() * 1000, requests(farm)
            state = harness.wait_for(
                lambda: g.status()["store"]["state"] == "locked", 8)
            tap.ok(state, "locked: status says so")
            time.sleep(LOCKED)
            polled = {n: r - before[n] for n, r in requests(farm).items()}
            db.execute("COMMIT")
            db.close()
            end = time.time() * 1000
            tap.ok(all(n >= LOCKED for n in polled.values()),
                   "locked: polling went on (%s requests in %g s)" %
                   (polled, LOCKED))
            key = "station/meter-1/total"
            if not harness.wait_for(
                    lambda: g.status()["store"]["state"] == "ok", 5):
                tap.ok(False, "locked: the store recovers")
            rows = [ts for (name, ts) in judge.journal(d)
                    if name == key and start <= ts <= end]
            want = (end - start) / 500
            tap.ok(len(rows) >= want - 3, "locked: afterwards all are there, "
                   "with their own times (%d of about %d)" % (len(rows), want))
            judge.all_arrived(tap, d, broker, g)


def full(tap):
    """The store alone on a small tmpfs."""
    with harness.tempdir() as d, harness.Broker() as broker:
        os.mkdir(d + "/disk")
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none",
                           d + "/disk"], capture_output=True).returncode:
            tap.skip("disk full", "mounting a tmpfs needs root")
            return
        try:
            site = field_site.site(d, broker.port, harness.free_port(),
                                   "200ms").replace(
                d + "/store.db", d + "/disk/store.db")
            with harness.Farm(d, site) as farm:
                g = harness.Gateway(d, site).start()
                harness.wait_for(lambda: len(broker.readings()) > 20, 20)
                ballast = os.open(d + "/disk/ballast",
                                  os.O_WRONLY | os.O_CREAT)
                try:
                    while os.write(ballast, bytes(4096)):
                        pass
                except OSError:
                    os.close(ballast)
                said = harness.wait_for(
                    lambda: g.status()["store"]["state"] == "full", 30)
                tap.ok(said, "full: status says so")
                before = requests(farm)
                time.sleep(3)
                polled = {n: r - before[n] for n, r in requests(farm).items()}
                tap.ok(all(n >= 5 for n in polled.values()),
                       "full: polling went on: %s" % polled)
                os.remove(d + "/disk/ballast")
                ok = harness.wait_for(lambda: g.status()["store"]["state"] ==
                                      "ok", 10)
                tap.ok(ok, "full: writing resumes when there is space again")
                tap.ok(g.p.poll() is None, "full: never restarted")
                tap.ok(g.stop() == 0, "full: stops in order")
                check = harness.sqlite(d + "/disk/store.db",
                                       "PRAGMA integrity_check")
                tap.ok(check == [("ok",)], "full: the store is sound")
                events = harness.sqlite(d + "/disk/store.db", "SELECT text "
                                        "FROM events WHERE kind = 'store'")
                tap.ok(events, "full: an event tells of it: %s" % events[:2])
        finally:
            subprocess.run(["umount", "-l", d + "/disk"])


def rubbish(tap):
    with harness.tempdir() as d, harness.Broker() as broker:
        site = field_site.site(d, broker.port, harness.free_port())
        with open(d + "/store.db", "wb") as f:
            f.write(b"not a database " * 1000)
        with harness.Farm(d, site) as farm:
            g = harness.Gateway(d, site).start()
            tap.ok(harness.wait_for(lambda: len(broker.readings()) > 20, 20),
                   "rubbish: a new store is begun and readings flow")
            aside = [f for f in os.listdir(d) if "damaged" in f]
            tap.ok(len(aside) == 1 and open(d + "/" + aside[0], "rb").read(14)
                   == b"not a database", "rubbish: the old file is set aside "
                   "whole: %s" % aside)
            judge.all_arrived(tap, d, broker, g)
            events = harness.sqlite(d + "/store.db", "SELECT text FROM events "
                                    "WHERE kind = 'store'")
            tap.ok(any("damaged" in t for (t,) in events),
                   "rubbish: an event says where it is: %s" % events[:2])


def main():
    tap = harness.Tap()
    locked(tap)
    full(tap)
    rubbish(tap)
    tap.finish()


main()
