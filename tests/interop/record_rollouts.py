"""Records rollouts of dm_control itself, in the layout that `ringrl simulate --compare` reads.

  python tests/interop/record_rollouts.py TASK OUTPUT.npz SEED [SEED ...]

One episode per seed: the environment's own reset, then uniformly random actions. Every task of ours
that dm_control's wheel has is here. Of jaco it has arm, hand and table with a target that moves; the
target is put where ExoRL has it. ExoRL's own tasks (walker_flip, cheetah_run_backward, quadruped_stand,
quadruped_jump, point_mass_maze_*) are in no package.
"""

import os
import sys

os.environ.setdefault("MUJOCO_GL", "disable")  # nothing is drawn

import absl.logging
import mujoco
import numpy as np
from dm_control import composer, manipulation, suite

absl.logging.set_verbosity(absl.logging.ERROR)  # cheetah.xml has a deprecated attribute

SUITE_TASKS = [
    "walker_stand", "walker_walk", "walker_run", "cheetah_run", "cartpole_balance", "cartpole_balance_sparse",
    "cartpole_swingup", "cartpole_swingup_sparse", "quadruped_walk", "quadruped_run",
]
JACO_TARGETS = {
    "jaco_reach_top_left": (-0.09, 0.09, 0.001),
    "jaco_reach_top_right": (0.09, 0.09, 0.001),
    "jaco_reach_bottom_left": (-0.09, -0.09, 0.001),
    "jaco_reach_bottom_right": (0.09, -0.09, 0.001),
}
TASKS = SUITE_TASKS + list(JACO_TARGETS)


def make_jaco(target, seed):
    """dm_control's reaching task with a target that stays, unseen by the policy, as ExoRL has it."""
    task = manipulation.load("reach_site_features").task
    task._target_placer = lambda random_state: np.array(target)
    task.task_observables["target_position"].enabled = False
    return composer.Environment(task, time_limit=10, random_state=seed)


def make_environment(name, seed):
    if name in JACO_TARGETS:
        return make_jaco(JACO_TARGETS[name], seed)
    domain, task = name.split("_", 1)
    return suite.load(domain, task, task_kwargs={"random": seed})


def control_of(action, spec):
    """ExoRL's mapping of an action in [-1, 1] to the actuators' range, all of it in float32."""
    low = np.broadcast_to(spec.minimum, spec.shape).astype(np.float32)
    high = np.broadcast_to(spec.maximum, spec.shape).astype(np.float32)
    scale = (high - low) / np.float32(2)
    return (low + scale * (action + np.float32(1))).astype(np.float64)


def integration_state(physics):
    model, data = physics.model.ptr, physics.data.ptr
    state = np.empty(mujoco.mj_stateSize(model, mujoco.mjtState.mjSTATE_INTEGRATION))
    mujoco.mj_getState(model, data, state, mujoco.mjtState.mjSTATE_INTEGRATION)
    return state


def flat(observation):
    return np.concatenate([np.ravel(value) for value in observation.values()])


def record_episode(name, seed, num_steps):
    """One episode as a dict of arrays; row 0 of a time axis is the state after the reset."""
    environment = make_environment(name, seed)
    spec = environment.action_spec()
    actions = np.random.default_rng(seed).uniform(-1, 1, (num_steps, *spec.shape)).astype(np.float32)
    step = environment.reset()
    physics = environment.physics
    rows = {key: [] for key in ("qpos", "qvel", "act", "obs64", "reward")}
    state = integration_state(physics)

    def add_row(observation, reward):
        for key in ("qpos", "qvel", "act"):
            rows[key].append(np.array(getattr(physics.data, key)))
        rows["obs64"].append(flat(observation))
        rows["reward"].append(np.float32(reward) if name in JACO_TARGETS else reward)  # as ExoRL pays it

    add_row(step.observation, 0.0)
    for action in actions:
        step = environment.step(control_of(action, spec))
        add_row(step.observation, step.reward)
    episode = {key: np.array(values, np.float64) for key, values in rows.items()}
    return {"action": actions.astype(np.float64), "integration_state0": state, **episode}


def record(name, seeds, num_steps, path):
    episodes = [record_episode(name, seed, num_steps) for seed in seeds]
    np.savez(path, seed=np.array(seeds), **{key: np.stack([e[key] for e in episodes]) for key in episodes[0]})


def main():
    if len(sys.argv) < 4 or sys.argv[1] not in TASKS:
        print(__doc__, "\ntasks:", *TASKS, file=sys.stderr)
        return 2
    record(sys.argv[1], [int(seed) for seed in sys.argv[3:]], 200, sys.argv[2])
    return 0


if __name__ == "__main__":
    sys.exit(main())
