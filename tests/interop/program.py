"""What the interop tests share: running the program, and ExoRL files as numpy writes them."""

import os
import pathlib
import subprocess
import sys

try:
    import numpy as np
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

# Columns of an observation, an action and a physics state, as ExoRL stores them.
DIMS = {"walker": (24, 6, 18), "cartpole": (5, 1, 4)}


def ringrl(*arguments):
    """Runs the program; returns its standard output; a failure shows what it said."""
    command = [os.environ["RINGRL_PROGRAM"], *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)} exited {done.returncode}:\n{done.stderr}")
    return done.stdout


def write_exorl_folder(folder, domain, num_episodes, num_steps, seed):
    """Makes folder/buffer/episode_<i>_<T>.npz with random content in ExoRL's row convention."""
    observation_dim, action_dim, physics_dim = DIMS[domain]
    rng = np.random.default_rng(seed)
    buffer = pathlib.Path(folder) / "buffer"
    buffer.mkdir(parents=True)
    rows = num_steps + 1
    for index in range(num_episodes):
        action = rng.uniform(-1, 1, (rows, action_dim)).astype(np.float32)
        action[0] = 0
        reward = rng.uniform(0, 1, (rows, 1)).astype(np.float32)
        reward[0] = 0
        np.savez_compressed(
            buffer / f"episode_{index:06d}_{num_steps}.npz",
            observation=rng.normal(size=(rows, observation_dim)).astype(np.float32),
            action=action,
            reward=reward,
            discount=np.ones((rows, 1), np.float32),
            physics=rng.normal(size=(rows, physics_dim)),
        )
    return pathlib.Path(folder)


def exorl_episodes(folder):
    """The episodes of an ExoRL folder, in order, as dicts of arrays."""
    files = sorted((pathlib.Path(folder) / "buffer").glob("*.npz"))
    assert files, f"no episodes in {folder}"
    return [dict(np.load(file)) for file in files]


def same_bits(ours, theirs):
    """Equal in type, shape and every bit, NaN and the sign of zero included."""
    return (
        ours.dtype == theirs.dtype
        and ours.shape == theirs.shape
        and np.ascontiguousarray(ours).tobytes() == np.ascontiguousarray(theirs).tobytes()
    )
