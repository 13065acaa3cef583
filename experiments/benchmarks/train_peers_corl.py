"""CORL's Decision Transformer and TD3+BC, which do not install today, rewritten. See train_peers.py.

Follows CORL (commit 6afec90), algorithms/offline/dt.py and td3_bc.py, in what costs time: the layers
and their order, attention through nn.MultiheadAttention with a mask and dropout on its weights, samples
assembled one by one in NumPy by four loader processes, the normaliser applied to each; for TD3+BC a
buffer of tensors, three-layer networks, delayed actor and targets, one loop over parameters per slow
copy. Its own widths of 256 are an argument here.
"""

import copy
import itertools

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import train_peers
from train_peers import ACTION, EPISODE_STEPS, OBSERVATION

NUM_WORKERS = 4


class Block(nn.Module):
    def __init__(self, length, dim, heads):
        super().__init__()
        self.first_norm, self.second_norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.attention = nn.MultiheadAttention(dim, heads, 0.1, batch_first=True)
        self.dropout = nn.Dropout(0.1)
        self.feed_forward = nn.Sequential(
            nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim), nn.Dropout(0.1)
        )
        self.register_buffer("hidden", ~torch.tril(torch.ones(length, length)).to(bool))

    def forward(self, x, padded):
        mask = self.hidden[: x.shape[1], : x.shape[1]]
        normed = self.first_norm(x)
        attended = self.attention(
            query=normed,
            key=normed,
            value=normed,
            attn_mask=mask,
            key_padding_mask=padded,
            need_weights=False,
        )[0]
        x = x + self.dropout(attended)
        return x + self.feed_forward(self.second_norm(x))


class DecisionTransformer(nn.Module):
    def __init__(self, shape):
        super().__init__()
        dim, length = shape["dim"], 3 * shape["context_steps"]
        self.time = nn.Embedding(EPISODE_STEPS + shape["context_steps"], dim)
        self.state, self.act = nn.Linear(OBSERVATION, dim), nn.Linear(ACTION, dim)
        self.returns = nn.Linear(1, dim)
        self.norm, self.final_norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.dropout = nn.Dropout(0.1)
        self.blocks = nn.ModuleList(
            Block(length, dim, shape["heads"]) for _ in range(shape["layers"])
        )
        self.head = nn.Sequential(nn.Linear(dim, ACTION), nn.Tanh())

    def forward(self, states, actions, returns, steps, padded):
        batch, length = states.shape[:2]
        time = self.time(steps)
        kinds = [self.returns(returns.unsqueeze(-1)), self.state(states), self.act(actions)]
        x = torch.stack([kind + time for kind in kinds], dim=1)
        x = x.permute(0, 2, 1, 3).reshape(batch, 3 * length, -1)
        padded = torch.stack([padded] * 3, dim=1).permute(0, 2, 1).reshape(batch, 3 * length)
        x = self.dropout(self.norm(x))
        for block in self.blocks:
            x = block(x, padded)
        return self.head(self.final_norm(x)[:, 1::3])


class Windows(torch.utils.data.IterableDataset):
    """Random windows of random trajectories, drawn in proportion to length; one sample at a time."""

    def __init__(self, length):
        observations, actions, rewards = train_peers.random_episodes()
        returns = np.flip(np.flip(rewards, 1).cumsum(1), 1)
        self.episodes = list(zip(observations, actions, returns))
        flat = observations.reshape(-1, OBSERVATION)
        self.mean, self.std = flat.mean(0, keepdims=True), flat.std(0, keepdims=True) + 1e-6
        self.share = np.full(len(self.episodes), 1 / len(self.episodes))
        self.length = length

    def window(self, episode, begin):
        states, actions, returns = (part[begin : begin + self.length] for part in episode)
        steps = np.arange(begin, begin + self.length)
        states = (states - self.mean) / self.std
        missing = self.length - len(states)
        mask = np.hstack([np.ones(len(states)), np.zeros(missing)])
        if missing > 0:
            states, actions = (np.pad(part, ((0, missing), (0, 0))) for part in (states, actions))
            returns = np.pad(returns, (0, missing))
        return states, actions, returns * 0.001, steps, mask

    def __iter__(self):
        while True:
            episode = self.episodes[np.random.choice(len(self.episodes), p=self.share)]
            yield self.window(episode, np.random.randint(len(episode[0])))


def measure_dt(shape):
    loader = iter(
        torch.utils.data.DataLoader(
            Windows(shape["context_steps"]), batch_size=shape["batch"], num_workers=NUM_WORKERS
        )
    )
    network = DecisionTransformer(shape)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min((step + 1) / 1e4, 1))

    def update():
        states, actions, returns, steps, mask = next(loader)
        predicted = network(states, actions, returns.float(), steps, ~mask.to(torch.bool))
        loss = functional.mse_loss(predicted, actions, reduction="none")
        loss = (loss * mask.unsqueeze(-1)).mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 0.25)
        optimizer.step()
        schedule.step()
        return loss.item()

    return train_peers.mean_seconds(update, shape["updates"])


def perceptron(inputs, outputs, hidden):
    return nn.Sequential(
        nn.Linear(inputs, hidden),
        nn.ReLU(),
        nn.Linear(hidden, hidden),
        nn.ReLU(),
        nn.Linear(hidden, outputs),
    )


def follow(slow, fast, rate):
    for target, source in zip(slow.parameters(), fast.parameters()):
        target.data.copy_((1 - rate) * target.data + rate * source.data)


class Td3Bc:
    def __init__(self, shape):
        hidden = shape["hidden_dim"]
        self.actor = nn.Sequential(perceptron(OBSERVATION, ACTION, hidden), nn.Tanh())
        self.critics = [perceptron(OBSERVATION + ACTION, 1, hidden) for _ in range(2)]
        self.slow_actor = copy.deepcopy(self.actor)
        self.slow_critics = copy.deepcopy(self.critics)
        self.actor_optimizer = torch.optim.Adam(self.actor.parameters(), lr=3e-4)
        self.critic_optimizers = [
            torch.optim.Adam(critic.parameters(), lr=3e-4) for critic in self.critics
        ]
        self.count = itertools.count(1)

    def update(self, state, action, reward, following, done):
        with torch.no_grad():
            noise = (torch.randn_like(action) * 0.2).clamp(-0.5, 0.5)
            next_action = (self.slow_actor(following) + noise).clamp(-1, 1)
            pair = torch.cat([following, next_action], 1)
            target = torch.min(*(critic(pair) for critic in self.slow_critics))
            target = reward + (1 - done) * 0.99 * target
        pair = torch.cat([state, action], 1)
        loss = sum(functional.mse_loss(critic(pair), target) for critic in self.critics)
        for optimizer in self.critic_optimizers:
            optimizer.zero_grad()
        loss.backward()
        for optimizer in self.critic_optimizers:
            optimizer.step()
        loss.item()
        if next(self.count) % 2 == 0:
            self.update_actor(state, action)

    def update_actor(self, state, action):
        chosen = self.actor(state)
        q = self.critics[0](torch.cat([state, chosen], 1))
        weight = 2.5 / q.abs().mean().detach()
        loss = -weight * q.mean() + functional.mse_loss(chosen, action)
        loss.item()
        self.actor_optimizer.zero_grad()
        loss.backward()
        self.actor_optimizer.step()
        for slow, fast in zip(self.slow_critics, self.critics):
            follow(slow, fast, 0.005)
        follow(self.slow_actor, self.actor, 0.005)


def measure_td3_bc(shape):
    observations, actions, rewards = train_peers.random_episodes()
    following = np.roll(observations, -1, axis=1)
    observations, following = (x.reshape(-1, OBSERVATION) for x in (observations, following))
    mean, std = observations.mean(0), observations.std(0) + 1e-3
    columns = (
        (observations - mean) / std,
        actions.reshape(-1, ACTION),
        rewards.reshape(-1, 1),
        (following - mean) / std,
        np.zeros((rewards.size, 1), dtype=np.float32),
    )
    buffer = [torch.tensor(column) for column in columns]
    agent = Td3Bc(shape)

    def update():
        rows = np.random.randint(0, rewards.size, size=shape["batch"])
        agent.update(*(column[rows] for column in buffer))

    return train_peers.mean_seconds(update, shape["updates"])


MEASURES = {"dt": measure_dt, "td3_bc": measure_td3_bc}
