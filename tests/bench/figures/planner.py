"""Figure 3: bytes on the wire against the brute-force optimum, over maps with
gaps and mixed periods (plan_bytes.c)."""
from . import bench


def plan_bytes(shared):
    got = bench.run_json([bench.program("plan_bytes")])
    return [
        bench.row("bytes: maps, a minute of each", got["maps"], ""),
        bench.at_most("bytes: against the optimum, the worst map",
                      got["bytes_ratio_worst"], 1.05),
        bench.at_most("bytes: the same, mean", got["bytes_ratio_mean"], 1.05),
        bench.row("bytes: line time against the least, the worst map",
                  got["cost_ratio_worst"], ""),
        # Fewer bytes would mean more requests, and so more time.
        bench.row("bytes: were silences and turnaround for nothing, mean",
                  got["bare_bytes_ratio_mean"], ""),
        bench.row("bytes: a request a point, mean",
                  got["one_by_one_ratio_mean"], "")]
