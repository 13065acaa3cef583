"""Control steps per second of EnvPool and dm_control, for `ringrl bench env`.

  python env_peers.py SYSTEM TASK THREADS SECONDS     e.g. envpool walker_walk 2 2.0

Prints one number: steps per second, the best of three windows of SECONDS / 3. Exits 3 when the
system is not installed or does not offer the task. Counted as ours is: random actions drawn in
advance, observation and reward taken, resets included. EnvPool is given the better of two batch
sizes; dm_control, which has no threads, one process per thread.
"""

import multiprocessing
import sys
import time


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
    best = 0.0
    for num_envs in (32, 64):
        env = envpool.make(name, env_type="gymnasium", num_envs=num_envs, num_threads=threads)
        env.reset()
        actions = np.random.default_rng(0).uniform(-1, 1, (64, num_envs) + env.action_space.shape)
        count = 0

        def step():
            nonlocal count
            env.step(actions[count % 64])
            count += 1

        for _ in range(20):
            step()
        best = max(best, rate(step, num_envs, seconds / 2))
    return best


def dm_control_worker(task, seconds, barrier, rates):
    import numpy as np
    from dm_control import suite

    domain, name = task.split("_", 1)
    env = suite.load(domain, name, task_kwargs={"random": 0})
    spec = env.action_spec()
    actions = np.random.default_rng(0).uniform(-1, 1, (64,) + spec.shape)
    env.reset()
    count = 0

    def step():
        nonlocal count
        time_step = env.step(actions[count % 64])
        np.concatenate([np.ravel(x) for x in time_step.observation.values()]).astype(np.float32)
        if time_step.last():
            env.reset()
        count += 1

    barrier.wait()
    rates.put(rate(step, 1, seconds))


def measure_dm_control(task, threads, seconds):
    import dm_control  # noqa: F401  (absent: ImportError before any process starts)

    barrier, rates = multiprocessing.Barrier(threads), multiprocessing.Queue()
    workers = [
        multiprocessing.Process(target=dm_control_worker, args=(task, seconds, barrier, rates))
        for _ in range(threads)
    ]
    for worker in workers:
        worker.start()
    total = sum(rates.get(timeout=60 + 10 * seconds) for _ in workers)
    for worker in workers:
        worker.join()
    return total


def main():
    system, task, threads, seconds = sys.argv[1:]
    measure = {"envpool": measure_envpool, "dm_control": measure_dm_control}[system]
    try:
        print(measure(task, int(threads), float(seconds)))
    except ImportError:
        sys.exit(3)


if __name__ == "__main__":
    main()
