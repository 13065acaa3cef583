"""Extracts tests/oracles/env_rollouts.txt from rollouts that dm_control recorded.

  RINGRL_SAMPLE_DATA=FOLDER python tests/oracles/record_env_rollouts.py > tests/oracles/env_rollouts.txt

FOLDER/rollouts/rollout_<task>.npz is read. See ORACLES.md.
"""

import os
import sys

import numpy as np

NUM_STEPS = {"walker": 15, "cartpole": 15, "cheetah": 15, "quadruped": 6, "jaco": 8, "point_mass_maze": 15}
REACHES = ["reach_top_left", "reach_top_right", "reach_bottom_left", "reach_bottom_right"]
TASKS = {
    "walker": ["stand", "walk", "run", "flip"],
    "cartpole": ["balance", "balance_sparse", "swingup", "swingup_sparse"],
    "cheetah": ["run", "run_backward"],
    "quadruped": ["walk", "run", "stand", "jump"],
    "jaco": REACHES,
    "point_mass_maze": REACHES,
}


def write(name, array):
    """A line with the name and the shape, then a line per row."""
    rows = np.asarray(array, np.float64).reshape(-1, np.shape(array)[-1])
    print(name, *rows.shape)
    for row in rows:
        print(*(repr(float(value)) for value in row))


def read(path, num_steps):
    """The arrays to write, of the first of the two seeds."""
    with np.load(path) as file:
        rollout = {key: file[key][0] for key in file.files}
    rows = num_steps + 1
    state = [rollout[key][:rows] for key in ("qpos", "qvel", "act")]
    return {
        "integration_state0": rollout["integration_state0"][None],
        "action": rollout["action"][:num_steps],
        "physics": np.concatenate(state, axis=1),
        "obs64": rollout["obs64"][:rows],
        "reward": rollout["reward"][:rows, None],
    }


def same_motion(a, b):
    return all(np.array_equal(a[key], b[key]) for key in a if key != "reward")


def main():
    folder = os.environ["RINGRL_SAMPLE_DATA"]
    for domain, names in TASKS.items():
        written = {}
        for task in (f"{domain}_{name}" for name in names):
            arrays = read(f"{folder}/rollouts/rollout_{task}.npz", NUM_STEPS[domain])
            print("task", task)
            like = next((other for other in written if same_motion(arrays, written[other])), None)
            if like:
                print("like", like)
            for name, array in arrays.items():
                if name == "reward" or not like:
                    write(name, array)
            written[task] = arrays


if __name__ == "__main__":
    sys.exit(main())
