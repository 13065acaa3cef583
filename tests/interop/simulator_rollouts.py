"""dm_control, asked anew with seeds nobody chose, simulates what we simulate.

Every run draws its own seeds, so that agreement cannot be a matter of the recordings at hand. A failure
prints them; RINGRL_SEED=NUMBER repeats it.
"""

import json
import os
import pathlib
import secrets
import sys
import tempfile
import unittest

from program import ringrl

try:
    from record_rollouts import TASKS, record
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

NUM_STEPS = 200


class SimulatorRolloutsTest(unittest.TestCase):
    def test_states_are_equal_and_observations_and_rewards_to_rounding(self):
        first_seed = int(os.environ.get("RINGRL_SEED", secrets.randbelow(2**31)))
        print(f"{'task':28} {'seed':>10} {'different states':>16} {'observation':>12} {'reward':>9}")
        for index, task in enumerate(TASKS):
            with self.subTest(task=task, first_seed=first_seed), tempfile.TemporaryDirectory() as folder:
                seeds = [first_seed + 2 * index, first_seed + 2 * index + 1]
                recording = pathlib.Path(folder) / f"{task}.npz"
                record(task, seeds, NUM_STEPS, recording)
                # Exits 1, which raises, when a state differs or the rest does by more than 1e-14.
                result = ringrl("simulate", "--task", task, "--input", recording, "--compare", "--json", "-")
                for seed, row in zip(seeds, json.loads(result)["rows"], strict=True):
                    print(f"{task:28} {seed:10} {row['different_states']:16} {row['max_abs_observation']:12.2g}"
                          f" {row['max_abs_reward']:9.2g}")
                    self.assertEqual(row["different_states"], 0)


if __name__ == "__main__":
    unittest.main()
