#!/usr/bin/python3
"""`make bench-plugin`: what a call into each plugin costs, guard included, as
processor time. gatewayd-line measures it as part of its test; here it does so
some times, and the quietest counts. Writes build/bench/plugin.json."""
import glob
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import harness  # noqa: E402

TIMES, GOAL_NS = 5, 1000
COST = re.compile(r"plan (\d+) ns, decode (\d+) ns")


def cost(path):
    name = os.path.basename(path)[:-3]
    vectors = os.path.join(harness.ROOT, "plugins", name + ".vectors.yaml")
    r = subprocess.run(
        [harness.BUILD + "/gatewayd-line", "--test-plugin", path,
         "--vectors", vectors, "--calls", "1000"], text=True,
        capture_output=True, timeout=60)
    found = COST.search(r.stdout)
    if r.returncode != 0 or not found:
        sys.exit("%s: %s%s" % (name, r.stdout, r.stderr))
    return int(found.group(1)), int(found.group(2))


def main():
    rows = []
    for path in sorted(glob.glob(harness.PLUGINS + "/*.so")):
        costs = [cost(path) for _ in range(TIMES)]
        for what, ns in zip(("plan", "decode"), map(min, zip(*costs))):
            rows.append({"name": "%s, a call of %s" % (
                os.path.basename(path)[:-3], what), "value": ns,
                "unit": "ns", "goal": "< %d" % GOAL_NS,
                "holds": ns < GOAL_NS})
    os.makedirs("build/bench", exist_ok=True)
    with open("build/bench/plugin.json", "w") as f:
        json.dump(rows, f, indent=1)
    for r in rows:
        print("%-40s %6d %s   %s%s" % (r["name"], r["value"], r["unit"],
                                       r["goal"],
                                       "" if r["holds"] else "  MISSED"))


main()
