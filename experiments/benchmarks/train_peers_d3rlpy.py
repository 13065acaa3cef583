"""d3rlpy's Decision Transformer and TD3+BC through its own fit(). See train_peers.py.

Its options are its own defaults but for the shape. Nothing is logged or saved.
"""

import time

import d3rlpy
import numpy as np

import train_peers


def dataset():
    observations, actions, rewards = train_peers.random_episodes()
    ends = np.zeros(rewards.size, dtype=np.float32)
    ends[train_peers.EPISODE_STEPS - 1 :: train_peers.EPISODE_STEPS] = 1
    return d3rlpy.dataset.MDPDataset(
        observations=observations.reshape(-1, train_peers.OBSERVATION),
        actions=actions.reshape(-1, train_peers.ACTION),
        rewards=rewards.reshape(-1, 1),
        terminals=np.zeros_like(ends),
        timeouts=ends,
    )


def mean_seconds(algorithm, updates):
    first = train_peers.warm_up(updates)
    times = {}

    def note(algorithm, epoch, step):
        times[step] = time.perf_counter()

    algorithm.fit(
        dataset(),
        n_steps=first + updates,
        n_steps_per_epoch=first + updates,
        logger_adapter=d3rlpy.logging.NoopAdapterFactory(),
        show_progress=False,
        callback=note,
    )
    return (times[first + updates] - times[first]) / updates


def measure_dt(shape):
    config = d3rlpy.algos.DecisionTransformerConfig(
        batch_size=shape["batch"],
        context_size=shape["context_steps"],
        max_timestep=train_peers.EPISODE_STEPS + 1,
        num_heads=shape["heads"],
        num_layers=shape["layers"],
        encoder_factory=d3rlpy.models.VectorEncoderFactory(
            [shape["dim"]], exclude_last_activation=True
        ),
    )
    return mean_seconds(config.create(device="cpu:0"), shape["updates"])


def measure_td3_bc(shape):
    encoder = d3rlpy.models.VectorEncoderFactory([shape["hidden_dim"]] * 2)
    config = d3rlpy.algos.TD3PlusBCConfig(
        batch_size=shape["batch"],
        actor_encoder_factory=encoder,
        critic_encoder_factory=encoder,
    )
    return mean_seconds(config.create(device="cpu:0"), shape["updates"])


MEASURES = {"dt": measure_dt, "td3_bc": measure_td3_bc}
