"""Figure 3: bytes on the wire against the brute-force optimum."""
from . import bench


def plan_bytes(shared):
    got = bench.run_json([bench.program("plan_bytes")])
    return [bench.row("bytes: " + k, v, "") for k, v in got.items()
            if k not in ("ratio", "goal")] + [
        bench.at_most("bytes: planned against the optimum",
                      round(got["ratio"], 4), 1.05)]
