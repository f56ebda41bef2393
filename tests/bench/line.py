#!/usr/bin/python3
"""`make bench-line`: the figures of the line engine, each with its goal, as a
table and in build/bench/line.json. A goal missed is told as missed; only a
figure that could not be taken ends with an exit code.

    make bench-line                    all, some 35 minutes
    make bench-line ONLY=cycle,plan    these
    make bench-line QUICK=1            short forms, to try them
    make bench-line MINUTES=2          of the long ones (10)
    make bench-line REALTIME=0         our processes at ordinary priority
"""
import json
import os
import sys
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from figures import bench, cycle, late, planner, tcp, write  # noqa: E402

FIGURES = {
    "cycle": cycle.cycle,
    "plan": cycle.plan,
    "dead": cycle.dead,
    "bytes": planner.plan_bytes,
    "tcp": tcp.tcp,
    "hundred": tcp.hundred,
    "cpu": tcp.cpu,
    "write": write.write,
    "late": late.late,
}


def shown(row):
    verdict = {True: "holds", False: "MISSED", None: ""}[row["holds"]]
    return "%-58s %12s %-11s %-14s %s" % (
        row["name"], row["value"], row["unit"], row["goal"] or "", verdict)


def chosen():
    names = [n for n in os.environ.get("ONLY", "").split(",") if n]
    for n in names:
        if n not in FIGURES:
            sys.exit("bench-line: there is no figure %s; there are: %s" % (
                n, " ".join(FIGURES)))
    return [n for n in FIGURES if not names or n in names]


def main():
    rows, shared, broken = [], {}, False
    print("machine: " + bench.machine(), flush=True)
    for name in chosen():
        try:
            got = FIGURES[name](shared)
        except Exception:
            traceback.print_exc()
            broken = True
            continue
        rows += got
        for r in got:
            print(shown(r), flush=True)
    rows.append(bench.row("machine", bench.machine(), ""))
    os.makedirs(bench.PROGRAMS, exist_ok=True)
    with open(bench.PROGRAMS + "/line.json", "w") as f:
        json.dump(rows, f, indent=1, ensure_ascii=False)
    return 1 if broken else 0


sys.exit(main())
