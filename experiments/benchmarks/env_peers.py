"""EnvPool and dm_control, for `ringrl bench env` and `ringrl bench relabel`.

  python3 env_peers.py make FOLDER PINS                  an environment with the pinned peers
  python env_peers.py envpool TASK THREADS SECONDS       control steps per second, of three settings
  python env_peers.py dm_control TASK THREADS SECONDS    control steps per second
  python env_peers.py relabel DOMAIN PROCESSES SECONDS STATES ROW_SIZE    states per second

Rates are the best of three windows of SECONDS / 3. Exits 3 when the system is not installed or does
not have the task. Counted as ours is: random actions drawn in advance, observation and reward
taken, resets included. dm_control, which has no threads, is given one process per thread.

EnvPool prints three rates: sync 32 and sync 64 (all environments step together) and async 64/16
(batches of the 16 that are ready first).

dm_control's nearest to jaco_reach_* is its own manipulation task with the same arm, hand, physics
and control step; it draws its target anew each episode and observes it. ExoRL's maze it has not.

relabel does as ExoRL's relable_episode: each stored state is set inside reset_context(), which
brings everything up to date when it is left, then the task is asked for its reward; but once for
all tasks, where ExoRL starts over for each. STATES is a file of float64 rows. Only dm_control's own
tasks are asked; ExoRL's custom ones (walker_flip, ...) are left out, in its favour.
"""

import filecmp
import multiprocessing
import pathlib
import shutil
import subprocess
import sys
import time

SUITE_TASKS = {
    "walker": ("stand", "walk", "run"),
    "cheetah": ("run",),
    "cartpole": ("balance", "balance_sparse", "swingup", "swingup_sparse"),
    "quadruped": ("walk", "run"),
}


def make(folder, pins):
    folder, pins = pathlib.Path(folder), pathlib.Path(pins)
    mark = folder / ".installed"
    if mark.exists() and filecmp.cmp(pins, mark, shallow=False):
        return
    print(f"installing EnvPool and dm_control into {folder} (1.4 GB)")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run(
        [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-deps"]
        + ["--no-cache-dir", "--disable-pip-version-check", "--requirement", pins],
        check=True,
    )
    shutil.copyfile(pins, mark)


def rate(step, steps_per_call, seconds):
    """Best rate of three windows."""
    best = 0.0
    for _ in range(3):
        calls, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds / 3:
            step()
            calls += 1
        best = max(best, calls * steps_per_call / (time.perf_counter() - start))
    return best


def measure_envpool(task, threads, seconds):
    import envpool
    import numpy as np

    name = "".join(word.capitalize() for word in task.split("_")) + "-v1"
    if name not in envpool.list_all_envs():
        sys.exit(3)
    for num_envs, batch_size in ((32, 32), (64, 64), (64, 16)):
        env = envpool.make(
            name,
            env_type="gymnasium",
            num_envs=num_envs,
            batch_size=batch_size,
            num_threads=threads,
        )
        shape = (64, batch_size) + env.action_space.shape
        actions = np.random.default_rng(0).uniform(-1, 1, shape)
        count = 0

        def step_all():
            nonlocal count
            env.step(actions[count % 64])
            count += 1

        def step_ready():
            nonlocal count
            ready = env.recv()[-1]["env_id"]
            env.send(actions[count % 64], ready)
            count += 1

        if batch_size == num_envs:
            env.reset()
            step = step_all
        else:
            env.async_reset()
            step = step_ready
        for _ in range(20):
            step()
        print(rate(step, batch_size, seconds), flush=True)


def load_dm_control(task):
    if task.startswith("jaco_reach"):
        from dm_control import manipulation

        return manipulation.load("reach_site_features", seed=0)
    from dm_control import suite

    domain, _, name = task.partition("_")
    return suite.load(domain, name, task_kwargs={"random": 0})


def has_dm_control(task):
    domain, _, name = task.partition("_")
    return domain == "jaco" or name in SUITE_TASKS.get(domain, ())


def dm_control_worker(arguments, barrier, rates):
    import numpy as np

    task, seconds = arguments
    env = load_dm_control(task)
    spec = env.action_spec()
    actions = np.random.default_rng(0).uniform(spec.minimum, spec.maximum, (64,) + spec.shape)
    env.reset()
    count = 0

    def step():
        nonlocal count
        time_step = env.step(actions[count % 64])
        np.concatenate([np.ravel(x) for x in time_step.observation.values()]).astype(np.float32)
        count += 1
        if time_step.last() or (task.startswith("jaco") and count % 250 == 0):
            env.reset()

    for _ in range(20):
        step()
    barrier.wait()
    rates.put(rate(step, 1, seconds))


def relabel_worker(arguments, barrier, rates):
    import numpy as np
    from dm_control import suite

    domain, seconds, path, row_size = arguments
    tasks = [suite.load(domain, name, task_kwargs={"random": 0}) for name in SUITE_TASKS[domain]]
    physics = tasks[0].physics
    states = np.fromfile(path).reshape(-1, row_size)
    row = 0

    def relabel_one():
        nonlocal row
        with physics.reset_context():
            physics.set_state(states[row % len(states)])
        for env in tasks:
            env.task.get_reward(physics)
        row += 1

    barrier.wait()
    rates.put(rate(relabel_one, 1, seconds))


def sum_of_processes(worker, arguments, count):
    """One process each; the sum of their rates."""
    import dm_control  # noqa: F401  (absent: ImportError before any process starts)

    barrier, rates = multiprocessing.Barrier(count), multiprocessing.Queue()
    workers = [
        multiprocessing.Process(target=worker, args=(arguments, barrier, rates))
        for _ in range(count)
    ]
    for process in workers:
        process.start()
    total = sum(rates.get(timeout=120) for _ in workers)
    for process in workers:
        process.join()
    return total


def main():
    system, *arguments = sys.argv[1:]
    try:
        if system == "make":
            make(*arguments)
        elif system == "envpool":
            task, threads, seconds = arguments
            measure_envpool(task, int(threads), float(seconds))
        elif system == "dm_control":
            task, threads, seconds = arguments
            if not has_dm_control(task):
                sys.exit(3)
            print(sum_of_processes(dm_control_worker, (task, float(seconds)), int(threads)))
        elif system == "relabel":
            domain, processes, seconds, path, row_size = arguments
            if domain not in SUITE_TASKS:
                sys.exit(3)
            given = (domain, float(seconds), path, int(row_size))
            print(sum_of_processes(relabel_worker, given, int(processes)))
        else:
            sys.exit(__doc__)
    except ImportError:
        sys.exit(3)


if __name__ == "__main__":
    main()
