"""Our networks as one would write them in plain PyTorch. See train_peers.py.

at, dt   pre-norm layers, scaled_dot_product_attention with is_causal, dropout 0.1 where ours has it,
         mean squared error on the actions, gradients clipped to 0.25, AdamW
td3_bc   linear, layer norm, tanh, linear, ReLU, linear, as ExoRL's networks; Adam; the actor moves in
         every second update
"""

import copy

import torch
from torch import nn
from torch.nn import functional

import train_peers
from train_peers import ACTION, EPISODE_STEPS, OBSERVATION


class Layer(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.attention_norm, self.feed_forward_norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.up, self.down = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)
        self.dropout = nn.Dropout(0.1)

    def forward(self, x):
        batch, length, dim = x.shape
        qkv = self.qkv(self.attention_norm(x))
        qkv = qkv.view(batch, length, 3, self.heads, dim // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        attended = attended.transpose(1, 2).reshape(batch, length, dim)
        x = x + self.dropout(self.out(attended))
        hidden = functional.relu(self.up(self.feed_forward_norm(x)))
        return x + self.dropout(self.down(hidden))


class SequenceModel(nn.Module):
    """Tokens of the given widths for every step; the second of them predicts the action."""

    def __init__(self, shape, widths, max_steps):
        super().__init__()
        dim = shape["dim"]
        self.maps = nn.ModuleList(nn.Linear(width, dim) for width in widths)
        self.step = nn.Embedding(max_steps, dim)
        self.norm, self.final_norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.dropout = nn.Dropout(0.1)
        self.layers = nn.ModuleList(Layer(dim, shape["heads"]) for _ in range(shape["layers"]))
        self.action = nn.Linear(dim, ACTION)

    def forward(self, parts, step):
        kinds = [embed(part) for embed, part in zip(self.maps, parts)]
        x = torch.stack(kinds, dim=2) + self.step(step).unsqueeze(2)
        x = self.dropout(self.norm(x.flatten(1, 2)))
        for layer in self.layers:
            x = layer(x)
        predicts = x.unflatten(1, (-1, len(self.maps)))[:, :, 1]
        return torch.tanh(self.action(self.final_norm(predicts)))


def train_sequence_model(network, draw, updates):
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4, weight_decay=1e-4)

    def update():
        parts, step = draw()
        optimizer.zero_grad()
        loss = (network(parts, step) - parts[2]).square().mean()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 0.25)
        optimizer.step()
        return loss.item()

    return train_peers.mean_seconds(update, updates)


def measure_at(shape):
    steps = shape["tokens"] // 4
    widths = (1, OBSERVATION, ACTION, 2)
    parts = [torch.rand(1, steps, width) for width in widths]
    index = torch.arange(steps).unsqueeze(0)
    network = SequenceModel(shape, widths, max(EPISODE_STEPS, steps))
    return train_sequence_model(network, lambda: (parts, index), shape["updates"])


def measure_dt(shape):
    observations, actions, rewards = map(torch.from_numpy, train_peers.random_episodes())
    returns_to_go = rewards.flip(1).cumsum(1).flip(1).unsqueeze(-1) / 1000
    window = torch.arange(shape["context_steps"])

    def draw():
        episode = torch.randint(len(rewards), (shape["batch"], 1))
        step = torch.randint(EPISODE_STEPS - len(window) + 1, (shape["batch"], 1)) + window
        return [part[episode, step] for part in (returns_to_go, observations, actions)], step

    network = SequenceModel(shape, (1, OBSERVATION, ACTION), EPISODE_STEPS)
    return train_sequence_model(network, draw, shape["updates"])


def perceptron(inputs, outputs, hidden):
    return nn.Sequential(
        nn.Linear(inputs, hidden),
        nn.LayerNorm(hidden),
        nn.Tanh(),
        nn.Linear(hidden, hidden),
        nn.ReLU(inplace=True),
        nn.Linear(hidden, outputs),
    )


class Td3Bc:
    def __init__(self, shape):
        hidden = shape["hidden_dim"]
        self.actor = perceptron(OBSERVATION, ACTION, hidden)
        self.critics = nn.ModuleList(
            perceptron(OBSERVATION + ACTION, 1, hidden) for _ in range(2)
        )
        self.targets = copy.deepcopy(self.critics).requires_grad_(False)
        self.actor_optimizer = torch.optim.Adam(self.actor.parameters(), lr=1e-4)
        self.critic_optimizer = torch.optim.Adam(self.critics.parameters(), lr=1e-4)
        self.num_updates = 0

    def noisy_action(self, observation):
        mean = torch.tanh(self.actor(observation))
        return (mean + (torch.randn_like(mean) * 0.2).clamp(-0.3, 0.3)).clamp(-1, 1), mean

    def update(self, observation, action, reward, following):
        with torch.no_grad():
            pair = torch.cat([following, self.noisy_action(following)[0]], dim=-1)
            target = reward + 0.99 * torch.minimum(*(q(pair) for q in self.targets))
        pair = torch.cat([observation, action], dim=-1)
        loss = sum(functional.mse_loss(q(pair), target) for q in self.critics)
        self.critic_optimizer.zero_grad()
        loss.backward()
        self.critic_optimizer.step()
        self.num_updates += 1
        if self.num_updates % 2 == 0:
            self.update_actor(observation, action)
        with torch.no_grad():
            for slow, fast in zip(self.targets.parameters(), self.critics.parameters()):
                slow.lerp_(fast, 0.01)
        return loss.item()

    def update_actor(self, observation, action):
        chosen, mean = self.noisy_action(observation)
        pair = torch.cat([observation, chosen], dim=-1)
        q = torch.minimum(*(critic(pair) for critic in self.critics))
        loss = functional.mse_loss(mean, action) - 2.5 / q.abs().mean().detach() * q.mean()
        self.actor_optimizer.zero_grad()
        loss.backward()
        self.actor_optimizer.step()


def measure_td3_bc(shape):
    observations, actions, rewards = map(torch.from_numpy, train_peers.random_episodes())
    agent = Td3Bc(shape)

    def update():
        episode = torch.randint(len(rewards), (shape["batch"],))
        step = torch.randint(EPISODE_STEPS - 1, (shape["batch"],))
        reward = rewards[episode, step].unsqueeze(-1)
        following = observations[episode, step + 1]
        agent.update(observations[episode, step], actions[episode, step], reward, following)

    return train_peers.mean_seconds(update, shape["updates"])


MEASURES = {"at": measure_at, "dt": measure_dt, "td3_bc": measure_td3_bc}
