"""rliable works out, from the scores that a table's report lists, the aggregates that the report prints."""

import csv
import json
import pathlib
import sys
import tempfile
import unittest

from program import ringrl

try:
    import numpy as np
    from rliable import metrics
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

METHODS = ["at", "dt", "bc"]
TASKS = ["walker_walk", "walker_run", "cheetah_run", "cartpole_swingup"]
SEEDS = [1, 2, 3, 4, 5]


def cell(task, method, seed, rng):
    """A finished cell whose run was evaluated three times, by four chains of two rollouts."""
    evaluations = [{"train_step": step, "returns": rng.uniform(0, 1000, (4, 2)).round(3).tolist()}
                   for step in (10, 20, 30)]
    returns = {"min": 0.0, "median": 1.0, "mean": 1.0, "max": 2.0}
    return {
        "cell": {"task": task, "collector": "rnd", "method": method, "seed": seed},
        "algorithm": method,
        "task": {"random_return": 20.0, "highest_return": 1000.0, "source": "by hand"},
        "data": {"num_episodes": 2, "returns": returns, "content_sha256": "", "reward_source": "rewards"},
        "evaluation_seed": 0, "train_steps": 30, "evaluations": evaluations,
        "program": {"version": "0", "commit": "0"}, "config": {},
        "costs": {"seconds": 1.0, "peak_memory_mib": 1.0, "threads": 1, "machine": "", "date": ""},
    }


class RobustStatisticsTest(unittest.TestCase):
    def test_aggregates_equal_rliables(self):
        rng = np.random.default_rng()  # other scores each time
        with tempfile.TemporaryDirectory() as name:
            table = pathlib.Path(name)
            (table / "cells").mkdir()
            (table / "table.json").write_text(json.dumps(
                {"title": "t", "methods": METHODS, "seeds": SEEDS, "rows": [f"{task}@rnd" for task in TASKS]}))
            for task in TASKS:
                for method in METHODS:
                    for seed in SEEDS:
                        path = table / "cells" / f"{task}.rnd.{method}.s{seed}.json"
                        path.write_text(json.dumps(cell(task, method, seed, rng)))
            ringrl("report", table)
            printed = {(row["method"], row["figure"]): float(row["value"])
                       for row in csv.DictReader((table / "aggregates.csv").read_text().splitlines())}
            listed = list(csv.DictReader((table / "scores.csv").read_text().splitlines()))
        scores = {method: np.array([[float(row["normalized"]) for row in listed
                                     if (row["method"], row["task"], row["seed"], row["protocol"])
                                     == (method, task, str(seed), "last")][0]
                                    for seed in SEEDS for task in TASKS]).reshape(len(SEEDS), len(TASKS))
                  for method in METHODS}
        for method in METHODS:
            expected = {
                "mean": metrics.aggregate_mean(scores[method]),
                "interquartile_mean": metrics.aggregate_iqm(scores[method]),
                "optimality_gap": metrics.aggregate_optimality_gap(scores[method]),
                "share_above_0.50": np.mean(scores[method] > 0.5),
            }
            if method != METHODS[0]:
                expected["probability_first_is_better"] = metrics.probability_of_improvement(
                    scores[METHODS[0]], scores[method])
            for figure, value in expected.items():  # both were printed with nine digits
                self.assertAlmostEqual(printed[method, figure], value, delta=2e-9, msg=f"{method} {figure}")


if __name__ == "__main__":
    unittest.main()
