"""Seconds from the start of the process to the end of a first update in plain PyTorch, for
`ringrl bench launch`.

  python launch_peer.py DATASET ALGORITHM THREADS

What a script does before it learns anything: imports torch and h5py, reads every episode of the
dataset, builds the network and its optimizer, draws a batch and makes one update. ALGORITHM is bc
(ExoRL's perceptron, width 1024, 1024 transitions) or at (three layers of width 128 over 64 contexts
of 20 steps, as train_peers_pytorch.py has them).

Prints the seconds. Exits 3 when PyTorch or h5py is not installed.
"""

import os
import sys
import time

BATCH, HIDDEN = 1024, 1024
CONTEXTS, CONTEXT_STEPS, LAYERS, HEADS, DIM = 64, 20, 3, 1, 128


def seconds_since_start():
    """proc(5), /proc/pid/stat: field 22 is the start in clock ticks since boot."""
    with open("/proc/self/stat", encoding="ascii") as file:
        ticks = int(file.read().rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def read_episodes(h5py, numpy, path):
    """Observations that an action follows, and the actions."""
    observations, actions = [], []
    with h5py.File(path) as file:
        for name in sorted(key for key in file if key.startswith("episode_")):
            episode = file[name]
            observations.append(episode["observations"][:-1].astype(numpy.float32))
            actions.append(episode["actions"][:].astype(numpy.float32))
            episode["rewards"][:], episode["terminations"][:]
    return numpy.concatenate(observations), numpy.concatenate(actions)


def first_update_of_bc(torch, observations, actions):
    nn = torch.nn
    network = nn.Sequential(
        nn.Linear(observations.shape[1], HIDDEN), nn.LayerNorm(HIDDEN), nn.Tanh(),
        nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, actions.shape[1]), nn.Tanh())
    for module in network:
        if isinstance(module, nn.Linear):
            nn.init.orthogonal_(module.weight)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4)
    rows = torch.randint(len(observations), (BATCH,))
    update(optimizer, lambda: (network(observations[rows]) - actions[rows]).square().mean())


def first_update_of_at(torch, observations, actions):
    from train_peers_pytorch import SequenceModel

    shape = {"layers": LAYERS, "heads": HEADS, "dim": DIM}
    widths = (1, observations.shape[1], actions.shape[1], 2)
    network = SequenceModel(shape, widths, max_steps=1000)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4, weight_decay=1e-4)
    step = torch.arange(CONTEXT_STEPS).expand(CONTEXTS, -1)
    rows = torch.randint(len(observations) - CONTEXT_STEPS, (CONTEXTS, 1)) + step
    action = actions[rows]
    parts = [torch.rand(*rows.shape, 1), observations[rows], action, torch.rand(*rows.shape, 2)]
    update(optimizer, lambda: (network(parts, step) - action).square().mean())


def update(optimizer, loss):
    optimizer.zero_grad()
    loss().backward()
    optimizer.step()


def main():
    path, algorithm, threads = sys.argv[1:]
    try:
        import h5py
        import numpy
        import torch
    except ImportError:
        sys.exit(3)
    torch.set_num_threads(int(threads))
    observations, actions = map(torch.from_numpy, read_episodes(h5py, numpy, path))
    {"bc": first_update_of_bc, "at": first_update_of_at}[algorithm](torch, observations, actions)
    print(seconds_since_start())


if __name__ == "__main__":
    main()
