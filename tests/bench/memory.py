#!/usr/bin/python3
"""`make bench-memory`: what the running gateway takes of memory, as the sum of
PSS of all its processes, with 2 lines, 100 points and a connected broker,
after a minute of polling."""
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import harness  # noqa: E402

PROFILE = """profile: bench-50
maker: bench
model: fifty registers
source: this benchmark
points:
""" + "".join("  p%02d: {holding: %d, type: uint16}\n" % (i, i)
              for i in range(50))

SITE = """gateway: {{id: memory-bench, clock: {{trust: system}}}}
store: {{path: {dir}/store.db}}
uplinks:
  county: {{broker: "mqtt://127.0.0.1:{mqtt}", topic: bench}}
lines:
  north:
    transport: rtu
    port: {dir}/north.tty
    baud: 9600
    devices: {{probe: {{type: bench-50, unit: 1, every: 1s}}}}
  station:
    transport: tcp
    host: 127.0.0.1:{tcp}
    devices: {{meter: {{type: bench-50, unit: 1, every: 1s}}}}
"""


def pss_kb(pid):
    with open("/proc/%d/smaps_rollup" % pid) as f:
        for line in f:
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def main():
    seconds = int(os.environ.get("SECONDS_OF_WORK", "60"))
    with harness.tempdir() as d, harness.Broker() as broker:
        os.mkdir(d + "/profiles")
        with open(d + "/profiles/bench-50.yaml", "w") as f:
            f.write(PROFILE)
        site = SITE.format(dir=d, mqtt=broker.port, tcp=harness.free_port())
        with harness.Farm(d, site, profiles=[d + "/profiles"]), \
                harness.Gateway(d, site, profiles=[d + "/profiles"]) as g:
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                time.sleep(1)
            status = g.status()
            pids = {"gatewayd": status["pid"]}
            for line in status["lines"]:
                pids["gatewayd-line " + line["name"]] = line["pid"]
            for up in status["uplinks"]:
                pids["gatewayd-uplink " + up["name"]] = up["pid"]
            rows = [{"name": "PSS of " + n, "value": pss_kb(p), "unit": "kB",
                     "goal": None, "holds": None} for n, p in pids.items()]
            total = sum(r["value"] for r in rows)
            rows.append({"name": "PSS of all, 2 lines, 100 points",
                         "value": total, "unit": "kB", "goal": "< 10240",
                         "holds": total < 10240})
    os.makedirs("build/bench", exist_ok=True)
    with open("build/bench/memory.json", "w") as f:
        json.dump(rows, f, indent=1)
    for r in rows:
        print("%-40s %8d %s   %s" % (r["name"], r["value"], r["unit"],
                                     r["goal"] or ""))
    return 0 if rows[-1]["holds"] else 1


sys.exit(main())
