#!/usr/bin/python3
"""The lines' health as it is published and as gatewayctl status shows it: a
device that is lost is told soon, a line that has more to do than it can counts
what it did not do (field case C52)."""
# timeout: 240
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import harness  # noqa: E402

SITE = """gateway: {{id: health, clock: {{trust: system}}}}
store: {{path: "{d}/store.db", commit: 200ms}}
uplinks:
  county: {{broker: "mqtt://127.0.0.1:{port}", topic: t}}
lines:
  north:
    transport: rtu
    port: "{d}/north.tty"
    baud: 9600
    timeout: 200ms
    devices:
      soil-a1: {{type: cwt-soil-thc-s, unit: 1, every: 1s}}
      soil-a2: {{type: cwt-soil-thc-s, unit: 2, every: 1s}}
  south:
    transport: rtu
    port: "{d}/south.tty"
    baud: 9600
    timeout: 200ms
    devices:
      soil-b1: {{type: cwt-soil-thc-s, unit: 1, every: 50ms}}
      soil-b2: {{type: cwt-soil-thc-s, unit: 2, every: 50ms}}
"""


def heard(broker):
    """(when it was composed, the document) of each, in order."""
    return [(x["ts"], x) for x in (
        json.loads(m.payload) for m in list(broker.messages)
        if m.topic == "t/health/health")]


def device(document, name):
    return next((x for line in document["lines"] for x in line["devices"]
                 if x["name"] == name), {})


def line(document, name):
    return next((x for x in document["lines"] if x["name"] == name), {})


def published(tap, farm, broker):
    tap.ok(harness.wait_for(lambda: heard(broker), 25), "health is published")
    tap.ok(harness.wait_for(lambda: heard(broker) and device(
        heard(broker)[-1][1], "north/soil-a2").get("state") == "online", 20),
        "both are online")
    begin = time.monotonic()
    farm.do("DEVICE north/soil-a2 SILENT")
    tap.ok(harness.wait_for(lambda: device(
        heard(broker)[-1][1], "north/soil-a2")["state"] == "lost", 40),
        "a loss is told, after %.1f s" % (time.monotonic() - begin))
    lost = device(heard(broker)[-1][1], "north/soil-a2")
    tap.ok(lost["trouble"] and lost["timeouts"] > 0 and
           lost["requests"] > lost["answers"] and
           len(lost["answer_bars"]) == 10,
           "with its counts: %s" % {k: lost[k] for k in (
               "requests", "answers", "timeouts", "median_ms", "p95_ms",
               "deadline_ms")})
    well = device(heard(broker)[-1][1], "north/soil-a1")
    tap.ok(well["state"] == "online" and not well["trouble"] and
           0 < well["median_ms"] <= well["p95_ms"] <= 2000,
           "its neighbour is well: %s, %s" % (well["median_ms"],
                                              well["p95_ms"]))
    farm.do("DEVICE north/soil-a2 NORMAL")
    tap.ok(harness.wait_for(lambda: device(
        heard(broker)[-1][1], "north/soil-a2")["state"] == "online", 75),
        "and its return")
    ts = [t for t, _ in heard(broker)]
    tap.ok(len(ts) >= 3 and all(b - a >= 9900 for a, b in zip(ts, ts[1:])),
           "never twice in ten seconds: %s" % [
               b - a for a, b in zip(ts, ts[1:])])


def retained(tap, port):
    late = []
    import paho.mqtt.client as mqtt
    client = mqtt.Client()
    client.on_connect = lambda c, *a: c.subscribe("t/health/health", 1)
    client.on_message = lambda c, u, m: late.append(m)
    client.connect("127.0.0.1", port)
    client.loop_start()
    tap.ok(harness.wait_for(lambda: late, 10) and late[0].retain,
           "who comes later finds it retained")
    client.loop_stop()
    client.disconnect()


def shown(tap, g):
    # How busy a line is, it knows after its first minute.
    harness.wait_for(lambda: all(line(g.status(), n)["use_per_mille"]
                                 for n in ("north", "south")), 80)
    s = g.status()
    south, north = line(s, "south"), line(s, "north")
    tap.ok(south["overruns"] > 10, "what the busy line did not do is counted: "
           "%s" % south["overruns"])
    tap.ok(south["use_per_mille"] > 700 > north["use_per_mille"] > 0,
           "and how busy they are: %s, %s per mille" % (
               south["use_per_mille"], north["use_per_mille"]))
    text = g.ctl("status").stdout
    tap.ok("OVERRUNS" in text and "HALF WITHIN" in text and "2 of 2" in text,
           "people are shown that")
    print("# " + text.replace("\n", "\n# "))


def main():
    tap = harness.Tap()
    with harness.tempdir() as d, harness.Broker() as broker:
        site = SITE.format(d=d, port=broker.port)
        with harness.Farm(d, site) as farm, harness.Gateway(d, site) as g:
            published(tap, farm, broker)
            retained(tap, broker.port)
            shown(tap, g)
    tap.finish()


main()
