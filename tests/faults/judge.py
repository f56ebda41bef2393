"""The judgement common to the fault tests: what the journal holds is what the
county has, each reading once, and nothing is stuck."""
import harness


def journal(d):
    """{(series, ts): value} of the readings the store has to forward."""
    return {(name, ts): value for name, ts, value in harness.sqlite(
        d + "/store.db", "SELECT name, ts_ms, value FROM reading "
        "WHERE quality <> 'bad'")}


def all_arrived(tap, d, broker, gateway, seconds=60):
    """Waits until the uplink has nothing left, then compares to the last
    reading. The gateway must have been stopped or still be running."""
    status = harness.wait_for(gateway.status, 10)
    now = status["store"]["seq"]

    def drained():
        status = gateway.status()
        return status and all(u["acked_seq"] >= now and u["state"] == "online"
                              for u in status["uplinks"])

    tap.ok(harness.wait_for(drained, seconds),
           "nothing is stuck unsent: all up to %d is acknowledged" % now)
    tap.ok(gateway.stop() == 0, "an orderly stop ends with exit code 0")
    rows = journal(d)
    harness.wait_for(lambda: set(rows) <= set(broker.readings()), 20)
    got = broker.readings()
    missing = sorted(set(rows) - set(got), key=lambda k: k[1])
    wrong = [k for k in rows if k in got and got[k] != rows[k]]
    strange = set(got) - set(rows)
    tap.ok(rows and not missing, "all %d readings are at the broker; missing: "
           "%d %s" % (len(rows), len(missing), missing[:3]))
    tap.ok(not wrong, "with the same values: %s" % wrong[:3])
    tap.ok(not strange, "and nothing at the broker that the journal does not "
           "hold: %s" % list(strange)[:3])
    twice = harness.sqlite(
        d + "/store.db", "SELECT name, ts_ms, count(*) FROM reading "
        "GROUP BY 1, 2 HAVING count(*) > 1")
    tap.ok(not twice, "no series has two readings of one time: %s" % twice[:3])
    check = harness.sqlite(d + "/store.db", "PRAGMA integrity_check")
    tap.ok(check == [("ok",)], "the store is sound: %s" % check[:2])
    return rows
