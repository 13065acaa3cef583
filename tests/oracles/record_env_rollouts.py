"""Extracts tests/oracles/env_rollouts.txt from rollouts that dm_control recorded.

  RINGRL_SAMPLE_DATA=FOLDER python tests/oracles/record_env_rollouts.py > tests/oracles/env_rollouts.txt

FOLDER/rollouts/rollout_<task>.npz is read. See ORACLES.md.
"""

import os
import sys

import numpy as np

NUM_STEPS = 15
TASKS = [
    "walker_stand", "walker_walk", "walker_run", "walker_flip",
    "cartpole_balance", "cartpole_balance_sparse", "cartpole_swingup", "cartpole_swingup_sparse",
]


def write(name, array):
    """A line with the name and the shape, then a line per row."""
    rows = np.asarray(array, np.float64).reshape(-1, np.shape(array)[-1])
    print(name, *rows.shape)
    for row in rows:
        print(*(repr(float(value)) for value in row))


def main():
    folder = os.environ["RINGRL_SAMPLE_DATA"]
    for task in TASKS:
        with np.load(f"{folder}/rollouts/rollout_{task}.npz") as file:
            rollout = {key: file[key][0] for key in file.files}  # the first of two seeds
        rows = NUM_STEPS + 1
        print("task", task)
        write("integration_state0", rollout["integration_state0"][None])
        write("action", rollout["action"][:NUM_STEPS])
        state = [rollout[key][:rows] for key in ("qpos", "qvel", "act")]
        write("physics", np.concatenate(state, axis=1))
        write("obs64", rollout["obs64"][:rows])
        write("reward", rollout["reward"][:rows, None])


if __name__ == "__main__":
    sys.exit(main())
