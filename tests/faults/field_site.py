"""The site most fault tests run on: a serial line and a TCP line, polled much
faster than any farm would, so that a kill always hits something."""

SITE = """gateway: {{id: fault-bench, clock: {{trust: system}}}}
store: {{path: "{dir}/store.db", commit: 200ms}}
uplinks:
  county: {{broker: "mqtt://127.0.0.1:{mqtt}", topic: t, keepalive: 5s}}
lines:
  north:
    transport: rtu
    port: {dir}/north.tty
    baud: 115200
    timeout: 200ms
    devices:
      soil-a1: {{type: cwt-soil-thc-s, unit: 1, every: {every}}}
      soil-a2: {{type: cwt-soil-thc-s, unit: 2, every: {every}}}
      valves-1: {{type: waveshare-relay-8, unit: 20, every: {every}}}
  station:
    transport: tcp
    host: 127.0.0.1:{tcp}
    timeout: 200ms
    devices:
      meter-1: {{type: tuf-2000m, unit: 1, every: {every}}}
"""


def site(d, mqtt, tcp, every="200ms"):
    return SITE.format(dir=d, mqtt=mqtt, tcp=tcp, every=every)
