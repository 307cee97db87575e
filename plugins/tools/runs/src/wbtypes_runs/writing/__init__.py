"""Writing runs: what stands between `wbtypes_runs.RunWriter` and the bytes of a log."""
