"""Array bytes per second that numpy, h5py and Minari read, for `ringrl bench dataset`.

  python dataset_peers.py SYSTEM PATH EPISODES SECONDS

  numpy   PATH is the folder (or its parent, or the zip) of ExoRL .npz files: all arrays of each
  h5py    PATH is the HDF5 file: observations, actions and rewards, each concatenated
  minari  PATH is the exported folder's data: what iterate_episodes yields, everything in it counted

Prints one number, MB/s: the median of as many runs as fit into SECONDS, three at least, after one
that warms the caches. Exits 3 when the system is not installed.
"""

import io
import pathlib
import statistics
import sys
import time
import zipfile


def read_numpy(path, num_episodes):
    import numpy as np

    path = pathlib.Path(path)
    if path.is_dir():
        folder = path / "buffer" if (path / "buffer").is_dir() else path
        sources = sorted(folder.glob("*.npz"))
    else:
        archive = zipfile.ZipFile(path)
        names = sorted(name for name in archive.namelist() if name.endswith(".npz"))
        sources = (io.BytesIO(archive.read(name)) for name in names)
    num_bytes = 0
    for count, source in enumerate(sources):
        if count == num_episodes:
            break
        with np.load(source) as arrays:
            num_bytes += sum(arrays[key].nbytes for key in arrays.files)
    return num_bytes


def read_h5py(path, _):
    import h5py
    import numpy as np

    columns = {"observations": [], "actions": [], "rewards": []}
    with h5py.File(path, "r") as file:
        for i in range(file.attrs["total_episodes"]):
            episode = file[f"episode_{i}"]
            for name, arrays in columns.items():
                arrays.append(episode[name][()])
    return sum(np.concatenate(arrays).nbytes for arrays in columns.values())


def count_bytes(value):
    if isinstance(value, dict):
        return sum(count_bytes(item) for item in value.values())
    return value.nbytes


def read_minari(path, _):
    import minari

    dataset = minari.MinariDataset(path)
    num_bytes = 0
    for episode in dataset.iterate_episodes():
        for name in ("observations", "actions", "rewards", "terminations", "truncations", "infos"):
            num_bytes += count_bytes(getattr(episode, name))
    return num_bytes


def main():
    system, path, num_episodes, seconds = sys.argv[1:]
    read = {"numpy": read_numpy, "h5py": read_h5py, "minari": read_minari}[system]
    times = []
    try:
        num_bytes = read(path, int(num_episodes))
    except ImportError:
        sys.exit(3)
    while len(times) < 3 or sum(times) < float(seconds):
        start = time.perf_counter()
        read(path, int(num_episodes))
        times.append(time.perf_counter() - start)
    print(num_bytes / 1e6 / statistics.median(times))


if __name__ == "__main__":
    main()
