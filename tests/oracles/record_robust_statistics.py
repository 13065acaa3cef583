"""Records tests/oracles/robust_statistics.txt: what rliable computes from three small tables of scores.

  python tests/oracles/record_robust_statistics.py > tests/oracles/robust_statistics.txt

Needs rliable 1.2.0. See ORACLES.md.
"""

import numpy as np
from rliable import library, metrics

RESAMPLES = 50000
THRESHOLDS = [0.0, 0.25, 0.5, 0.75, 1.0]


def tables():
    """Name and scores by run, then by task: one as wide as ExoRL's table, one with many ties, one task alone."""
    rng = np.random.default_rng(301)
    yield "wide", rng.uniform(-0.1, 1.2, (5, 6))
    yield "ties", rng.integers(0, 4, (4, 3)) / 4.0
    yield "one_task", rng.normal(0.5, 0.2, (7, 1))


def show(name, values):
    print(name, np.size(values), *(repr(float(value)) for value in np.ravel(values)))


def aggregates(scores):
    return np.array([metrics.aggregate_mean(scores), metrics.aggregate_iqm(scores),
                     metrics.aggregate_optimality_gap(scores)])


def main():
    np.random.seed(301)  # rliable draws from numpy's global generator
    for name, scores in tables():
        print("table", name, *scores.shape)
        for run in scores:
            show("run", run)
        # Against itself with the runs of each task turned by one and raised a little: wins, losses and ties.
        rival = np.roll(scores, 1, axis=0) + np.arange(scores.shape[1]) * 0.25
        for run in rival:
            show("rival", run)
        show("aggregates", aggregates(scores))
        show("improvement", metrics.probability_of_improvement(scores, rival))
        profile = lambda x: library.score_distributions(x, np.array(THRESHOLDS))
        show("profile", profile(scores))
        show("improvement_interval", library.get_interval_estimates(
            {"pair": [scores, rival]}, lambda x, y: np.array([metrics.probability_of_improvement(x, y)]),
            reps=2000)[1]["pair"])
        for key, task_bootstrap in (("intervals", False), ("intervals_with_tasks", True)):
            show(key, library.get_interval_estimates({"x": scores}, aggregates, task_bootstrap=task_bootstrap,
                                                     reps=RESAMPLES)[1]["x"])
        show("profile_intervals", library.create_performance_profile({"x": scores}, np.array(THRESHOLDS))[1]["x"])


if __name__ == "__main__":
    main()
