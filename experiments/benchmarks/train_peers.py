"""Seconds of a training step of other systems, for `ringrl bench train`.

  python3 train_peers.py make FOLDER PINS      an environment with the pinned peers
  python train_peers.py SYSTEM SHAPE           a measurement

SYSTEM is pytorch (written by hand in plain PyTorch, train_peers_pytorch.py), corl (CORL's algorithms
rewritten, train_peers_corl.py) or d3rlpy (train_peers_d3rlpy.py). SHAPE is a JSON object:

  algorithm  at, dt or td3_bc
  updates    how many to measure, after a few that are not
  threads
  tokens, layers, heads, dim                       at: one context
  context_steps, batch, layers, heads, dim         dt
  batch, hidden_dim                                td3_bc

Data is random, of a walker's dimensions: for at one context, for the others 100 episodes of 1000
steps. Drawing batches from them is part of a step, as it is of ours. float32.

Prints two numbers: the mean seconds of an update, and the process's largest resident memory in
bytes. Exits 3 when the system is not installed or has not the algorithm.
"""

import filecmp
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import time

OBSERVATION, ACTION = 24, 6
EPISODES, EPISODE_STEPS = 100, 1000


def make(folder, pins):
    folder, pins = pathlib.Path(folder), pathlib.Path(pins)
    mark = folder / ".installed"
    if mark.exists() and filecmp.cmp(pins, mark, shallow=False):
        return
    print(f"installing PyTorch and d3rlpy into {folder} (6 GB)")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run(
        [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-deps"]
        + ["--no-cache-dir", "--disable-pip-version-check", "--requirement", pins],
        check=True,
    )
    shutil.copyfile(pins, mark)


def random_episodes():
    """(episodes, steps, width) arrays: observations, actions, rewards."""
    import numpy as np

    rng = np.random.default_rng(301)
    shape = (EPISODES, EPISODE_STEPS)
    observations = rng.random((*shape, OBSERVATION), dtype=np.float32)
    actions = rng.random((*shape, ACTION), dtype=np.float32) * 2 - 1
    return observations, actions, rng.random(shape, dtype=np.float32)


def warm_up(updates):
    """Updates that are not measured: an even number, so that delayed actors stay in step."""
    return 2 * (1 + updates // 20)


def mean_seconds(update, updates):
    for _ in range(warm_up(updates)):
        update()
    begin = time.perf_counter()
    for _ in range(updates):
        update()
    return (time.perf_counter() - begin) / updates


def main():
    if sys.argv[1] == "make":
        return make(*sys.argv[2:])
    system, shape = sys.argv[1], json.loads(sys.argv[2])
    # Whatever others print goes to stderr; the figures alone to stdout.
    figures = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    try:
        import torch

        torch.set_num_threads(shape["threads"])
        torch.manual_seed(301)
        measures = __import__("train_peers_" + system).MEASURES
    except ImportError:
        sys.exit(3)
    if shape["algorithm"] not in measures:
        sys.exit(3)
    seconds = measures[shape["algorithm"]](shape)
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, file=figures)


if __name__ == "__main__":
    main()
