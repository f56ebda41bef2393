#!/usr/bin/python3
"""`make bench-scan`: how close `gatewayctl scan` comes to what the wire allows,
at 9600 baud over all 247 units, of which one is there. What the wire allows:
for each silent unit its request, 3.5 characters of silence and the deadline;
for the other what it takes to answer. Writes build/bench/scan.json.

    make bench-scan            two deadlines, a minute
    make bench-scan QUICK=1    one deadline, 40 units, 5 s
"""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from figures import bench  # noqa: E402
import harness  # noqa: E402

BAUD, UNIT = 9600, 20
CHAR_MS = 10 * 1000 / BAUD
REQUEST_MS, SILENCE_MS = 8 * CHAR_MS, 3.5 * CHAR_MS
TURNAROUND_MS = 5  # the field's, behind the silence that ends a request
ANSWER_MS = SILENCE_MS + TURNAROUND_MS + 7 * CHAR_MS
GOAL = 1.1

SITE = """gateway: {id: bench}
lines:
  north:
    transport: rtu
    port: %s/north.tty
    devices: {probe: {type: jxct-jxbs-3001-a, unit: %d}}
"""


def least_ms(units, deadline_ms):
    """On the wire, for so many units."""
    silent = (units - 1) * (REQUEST_MS + SILENCE_MS + deadline_ms)
    return silent + REQUEST_MS + SILENCE_MS + ANSWER_MS


def scan(tty, units, deadline_ms, profiles):
    r = subprocess.run(
        [harness.BUILD + "/gatewayctl", "--run-dir", "/nonexistent", "scan",
         "--port", tty, "--baud", str(BAUD), "--units", "1-%d" % units,
         "--timeout", "%dms" % deadline_ms, "--profiles", profiles, "--json"],
        text=True, capture_output=True, timeout=300)
    got = json.loads(r.stdout) if r.returncode == 0 else {"found": []}
    if [f["unit"] for f in got["found"]] != [UNIT]:
        sys.exit("the search did not find the one device: %s%s" % (
            r.stdout[-500:], r.stderr))
    return got["search_us"] / 1000


def main():
    units = bench.quick(247, 40)
    rows = []
    print("machine: " + bench.machine(), flush=True)
    with harness.tempdir() as d, \
            harness.Farm(d, SITE % (d, UNIT), exact=True) as farm:
        for deadline in bench.quick((100, 200), (100,)):
            took = scan(farm.tty("north"), units, deadline, d)
            least = least_ms(units, deadline)
            rows += [
                bench.at_most("%d units at %d baud, deadline %d ms: of the "
                              "physical minimum" % (units, BAUD, deadline),
                              round(took / least, 3), GOAL),
                bench.row("  it took", round(took / 1000, 2), "s"),
                bench.row("  the minimum", round(least / 1000, 2), "s")]
    for r in rows:
        verdict = {True: "holds", False: "MISSED", None: ""}[r["holds"]]
        print("%-62s %8s %-3s %-12s %s" % (r["name"], r["value"], r["unit"],
                                           r["goal"] or "", verdict))
    rows.append(bench.row("machine", bench.machine(), ""))
    os.makedirs(bench.PROGRAMS, exist_ok=True)
    with open(bench.PROGRAMS + "/scan.json", "w") as f:
        json.dump(rows, f, indent=1, ensure_ascii=False)


main()
