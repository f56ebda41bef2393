#!/usr/bin/python3
"""`make bench-decode`: what profiles cost, beside C that was written by hand
for the same registers in the same run, and how long the whole library takes to
load. A goal missed is told as missed; only a figure that could not be taken
ends with an exit code."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from figures import bench  # noqa: E402

BUILD = os.environ.get("GATEWAYD_BUILD", "build")


def rows(got):
    yield ("a point decoded from its profile", got["profile_ns"], "ns", None,
           None)
    yield ("the same by hand", got["by_hand_ns"], "ns", None, None)
    yield ("1,000,000 points from profiles, against by hand", got["ratio"],
           "times", "<= 3", got["ratio"] <= 3)
    yield ("the library's %d profiles loaded" % got["profiles"],
           got["library_ms"], "ms", "< 50", got["library_ms"] < 50)
    yield ("the same, the first time", got["first_ms"], "ms", None, None)


def main():
    out = subprocess.run([BUILD + "/bench/decode_speed", "config/profiles"],
                         stdout=subprocess.PIPE, check=True, timeout=120)
    table = [dict(zip(("name", "value", "unit", "goal", "holds"), row))
             for row in rows(json.loads(out.stdout))]
    os.makedirs("build/bench", exist_ok=True)
    with open("build/bench/decode.json", "w") as f:
        json.dump(table, f, indent=1)
    print("machine: " + bench.machine())
    for r in table:
        verdict = {True: "holds", False: "MISSED", None: ""}[r["holds"]]
        print("%-50s %10s %-6s %-6s %s" % (
            r["name"], r["value"], r["unit"], r["goal"] or "", verdict))


main()
