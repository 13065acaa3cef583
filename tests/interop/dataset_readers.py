"""numpy, h5py and minari read from our files exactly what went into them."""

import os
import pathlib
import sys
import tempfile
import unittest

from program import exorl_episodes, ringrl, same_bits, write_exorl_folder

try:
    import h5py
    import minari
    import numpy as np
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)


class DatasetReadersTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        root = pathlib.Path(cls.folder.name)
        sample = os.environ.get("RINGRL_SAMPLE_DATA")
        if sample:
            cls.source = pathlib.Path(sample) / "walker" / "ddpg"
        else:
            cls.source = write_exorl_folder(root / "exorl", "walker", 3, 1000, seed=301)
        cls.hdf5 = root / "walker.hdf5"
        cls.root = root
        cls.expected = exorl_episodes(cls.source)
        ringrl("dataset", "import", "--format", "exorl", "--domain", "walker", "--input", cls.source,
               "--output", cls.hdf5)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def assert_same_bits(self, ours, theirs, name):
        self.assertTrue(same_bits(np.asarray(ours), theirs), name)

    def assert_steps_equal(self, episode, expected, index):
        """ExoRL's row t + 1 holds what Minari stores at step t; its row 0 is the reset."""
        self.assert_same_bits(episode["observations"], expected["observation"], f"observations {index}")
        self.assert_same_bits(episode["actions"], expected["action"][1:], f"actions {index}")
        self.assert_same_bits(episode["rewards"], expected["reward"][1:, 0], f"rewards {index}")

    def test_h5py_reads_every_array_bit_for_bit(self):
        with h5py.File(self.hdf5) as file:
            self.assertEqual(file.attrs["total_episodes"], len(self.expected))
            self.assertEqual(file.attrs["total_steps"], sum(len(e["action"]) - 1 for e in self.expected))
            for index, expected in enumerate(self.expected):
                episode = file[f"episode_{index}"]
                steps = len(expected["action"]) - 1
                self.assert_steps_equal({name: episode[name][()] for name in ("observations", "actions", "rewards")},
                                        expected, index)
                self.assert_same_bits(episode["infos/physics"][()], expected["physics"], f"physics {index}")
                self.assert_same_bits(episode["infos/discount"][()], expected["discount"][:, 0], f"discount {index}")
                # No infos/rewards/collected: it would be this.
                self.assertNotIn("rewards", episode["infos"])
                self.assert_same_bits(np.append(np.float32(0), episode["rewards"][()]), expected["reward"][:, 0],
                                      f"reward {index}")
                self.assertEqual(episode.attrs["total_steps"], steps)
                for flag in ("terminations", "truncations"):
                    self.assertEqual(episode[flag].dtype, np.dtype(bool), flag)
                self.assertFalse(episode["terminations"][()].any())
                self.assertEqual(np.flatnonzero(episode["truncations"][()]).tolist(), [steps - 1])

    def test_minari_loads_the_export_and_reads_the_same_arrays(self):
        folder = self.root / "minari" / "ringrl-walker-v0"
        folder.parent.mkdir()
        ringrl("dataset", "export", "--format", "minari", "--dataset", self.hdf5, "--output", folder)
        dataset = minari.MinariDataset(folder / "data")
        self.assertEqual(dataset.total_episodes, len(self.expected))
        self.assertEqual(dataset.observation_space.shape, self.expected[0]["observation"].shape[1:])
        self.assertEqual(dataset.action_space.shape, self.expected[0]["action"].shape[1:])
        for index, episode in enumerate(dataset.iterate_episodes()):
            arrays = {name: getattr(episode, name) for name in ("observations", "actions", "rewards")}
            self.assert_steps_equal(arrays, self.expected[index], index)

    def test_numpy_reads_back_the_files_that_were_imported(self):
        ringrl("dataset", "export", "--format", "exorl", "--dataset", self.hdf5, "--output", self.root / "back")
        back = exorl_episodes(self.root / "back")
        self.assertEqual(len(back), len(self.expected))
        for index, (ours, expected) in enumerate(zip(back, self.expected)):
            self.assertEqual(sorted(ours), sorted(expected))
            for name, array in expected.items():
                self.assert_same_bits(ours[name], array, f"{name} {index}")


if __name__ == "__main__":
    unittest.main()
