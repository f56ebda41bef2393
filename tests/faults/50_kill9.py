#!/usr/bin/python3
"""kill -9 of any program at random, 50 times, under load: nothing that the
store acknowledged is lost, nothing stays stuck (field case C40 a)."""
# timeout: 300
# san: no
import os
import random
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import field_site  # noqa: E402
import harness  # noqa: E402
import judge  # noqa: E402

KILLS = int(os.environ.get("KILLS", "50"))


def newest(d):
    return harness.sqlite(d + "/store.db",
                          "SELECT coalesce(max(seq), 0), count(*) "
                          "FROM journal")[0]


def main():
    tap = harness.Tap()
    seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
    print("# SEED=%d" % seed)
    dice = random.Random(seed)
    killed, lost = {}, []
    with harness.tempdir() as d, harness.Broker() as broker:
        site = field_site.site(d, broker.port, harness.free_port())
        with harness.Farm(d, site):
            g = harness.Gateway(d, site).start()
            harness.wait_for(lambda: newest(d)[1] > 20, 20)
            for _ in range(KILLS):
                time.sleep(dice.uniform(0.1, 1.0))   # anywhere in its work
                pids = harness.wait_for(g.pids, 10) or {}
                who = dice.choice(sorted(pids) or ["core"])
                killed[who] = killed.get(who, 0) + 1
                seq, count = newest(d)
                if who == "core":
                    g.kill9()
                    g.start()
                else:
                    try:
                        os.kill(pids[who], signal.SIGKILL)
                    except ProcessLookupError:
                        pass
                now = harness.sqlite(
                    d + "/store.db", "SELECT count(*) FROM journal "
                    "WHERE seq <= ?", seq)[0][0]
                if now != count:
                    lost.append((who, count, now))
            tap.ok(not lost, "%d kills (%s): every reading once committed is "
                   "still there: %s" % (KILLS, killed, lost[:3]))
            before = newest(d)[0]

            def all_back():
                s = g.status()
                return s and all(x["state"] == "open" for x in s["lines"])

            tap.ok(harness.wait_for(all_back, 45), "all lines are back")
            tap.ok(harness.wait_for(lambda: newest(d)[0] > before + 20, 20),
                   "and readings come in again")
            judge.all_arrived(tap, d, broker, g)
    tap.finish()


main()
