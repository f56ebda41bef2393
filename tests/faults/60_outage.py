#!/usr/bin/python3
"""The broker is away (OUTAGE seconds, 20 unless told otherwise: try 300), the
gateway is killed with -9 in between: every reading arrives, none twice, with
its own time, and the uplink's memory does not grow with the backlog (field
cases C31, C32, C34)."""
# timeout: 600
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import field_site  # noqa: E402
import harness  # noqa: E402
import judge  # noqa: E402

OUTAGE = float(os.environ.get("OUTAGE", "20"))


def uplink_rss(g):
    pids = harness.wait_for(g.pids, 10) or {}
    return harness.rss_kb(pids["uplink county"])


def main():
    tap = harness.Tap()
    with harness.tempdir() as d, harness.Broker() as broker:
        site = field_site.site(d, broker.port, harness.free_port())
        with harness.Farm(d, site):
            g = harness.Gateway(d, site).start()
            tap.ok(harness.wait_for(lambda: len(broker.readings()) > 50, 30),
                   "readings arrive while the broker is there")
            broker.stop()
            gone = time.time() * 1000
            time.sleep(OUTAGE / 2)
            g.kill9()
            g.start()
            harness.wait_for(lambda: "uplink county" in g.pids(), 10)
            time.sleep(2)
            start = uplink_rss(g)
            time.sleep(OUTAGE / 2)
            grown = uplink_rss(g) - start
            held = [k for k in judge.journal(d) if k[1] > gone]
            tap.ok(len(held) > 20 * OUTAGE / 2,
                   "%d readings were kept in the outage" % len(held))
            back = time.time() * 1000
            broker.start()
            tap.ok(harness.wait_for(
                lambda: any(ts > back for _, ts in broker.readings()), 75),
                "live readings arrive again")
            judge.all_arrived(tap, d, broker, g)
            grown = max(grown, 0)
            if "san" not in harness.BUILD:
                tap.ok(grown < 2048, "the uplink's memory grew by %d kB in "
                       "the outage" % grown)
            order = {}
            late = [k for k in broker.readings() if k[1] < order.get(k[0], 0)
                    or order.update({k[0]: k[1]})]
            tap.ok(not late, "each series arrived in order of time: %s" %
                   late[:3])
    tap.finish()


main()
