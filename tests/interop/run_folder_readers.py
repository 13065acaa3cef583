"""safetensors and TensorBoard read from a run folder what the run wrote, and the program reads back weights
that Python wrote."""

import csv
import json
import math
import pathlib
import sys
import tempfile
import unittest

from program import ringrl, same_bits, write_exorl_folder

try:
    import numpy as np
    import safetensors.numpy
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

TRAIN_STEPS = 4


def evaluate(checkpoint):
    """Returns of one short chain: equal weights give equal numbers."""
    return json.loads(ringrl("evaluate", "--checkpoint", checkpoint, "--chains", 1, "--rollouts", 1, "--seed", 301,
                             "--json", "-"))["rows"]


class RunFolderReadersTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        root = pathlib.Path(cls.folder.name)
        source = write_exorl_folder(root / "exorl", "cartpole", num_episodes=6, num_steps=1000, seed=301)
        ringrl("dataset", "import", "--domain", "cartpole", "--task", "cartpole_swingup", "--input", source,
               "--output", root / "cartpole.hdf5")
        ringrl("train", "--dataset", root / "cartpole.hdf5", "--runs", root / "runs", "--threads", 1,
               f"train.steps={TRAIN_STEPS}", "train.warmup_steps=1", "train.log_every=1", "train.validate_every=2",
               f"train.checkpoint_every={TRAIN_STEPS}", "train.evaluate_every=0", "chain.trajectories=2",
               "chain.window=16", "model.layers=1", "model.dim=16")
        (cls.run_folder,) = (root / "runs").glob("*/*/s*")
        cls.checkpoint = cls.run_folder / "checkpoints" / "last"

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_safetensors_opens_every_tensor_of_a_checkpoint(self):
        for file in ("model.safetensors", "training_state.safetensors"):
            tensors = safetensors.numpy.load_file(self.checkpoint / file)
            self.assertGreater(len(tensors), 4, file)
            for name, tensor in tensors.items():
                self.assertTrue(np.isfinite(tensor.astype(np.float64)).all(), f"{file}: {name}")

    def test_weights_that_python_wrote_play_the_same(self):
        before = evaluate(self.checkpoint)
        file = self.checkpoint / "model.safetensors"
        with safetensors.safe_open(file, framework="numpy") as ours:
            metadata = ours.metadata()
        tensors = safetensors.numpy.load_file(file)
        safetensors.numpy.save_file(tensors, file, metadata=metadata)
        for name, tensor in safetensors.numpy.load_file(file).items():
            self.assertTrue(same_bits(tensor, tensors[name]), name)
        self.assertEqual(evaluate(self.checkpoint), before)

    def test_tensorboard_shows_the_numbers_of_train_csv(self):
        events = EventAccumulator(str(self.run_folder))
        events.Reload()
        with open(self.run_folder / "train.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([int(row["train_step"]) for row in rows], list(range(1, TRAIN_STEPS + 1)))
        for metric in ("loss", "validation_loss"):
            shown = [(event.step, event.value) for event in events.Scalars(f"train/{metric}")]
            written = [(int(row["train_step"]), np.float32(row[metric])) for row in rows
                       if row[metric] and not math.isnan(float(row[metric]))]
            self.assertGreater(len(written), 0, metric)
            self.assertEqual(shown, written, metric)


if __name__ == "__main__":
    unittest.main()
