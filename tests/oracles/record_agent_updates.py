"""Records tests/oracles/agent_updates.safetensors: two updates of every baseline algorithm.

  python tests/oracles/record_agent_updates.py tests/oracles/agent_updates.safetensors

Formulas as in exorl's agent/*.py, written down anew in plain PyTorch: functions over dictionaries of
parameters, float64, torch.optim.Adam. Everything random (parameters, batches, noise) is drawn here
and stored, so that both sides compute from the same numbers. See ORACLES.md.

Names: <case>/initial/<parameter>, <case>/<update>/<batch tensor or draw>, <case>/<update>/loss (and
actor_loss, ...), <case>/gradient/<parameter> of the second update, <case>/final/<parameter>.
"""

import json
import math
import struct
import sys

import numpy as np
import torch
from torch.nn.functional import layer_norm, linear, mse_loss, softplus

O, A, H, B = 3, 2, 8, 5
LEARNING_RATE, DISCOUNT, TAU, STD, CLIP = 1e-3, 0.99, 0.01, 0.2, 0.3
torch.set_default_dtype(torch.float64)


def mlp_parameters(prefix, inputs, outputs):
    shapes = {
        "input.weight": (H, inputs), "input.bias": (H,), "norm.weight": (H,), "norm.bias": (H,),
        "hidden.weight": (H, H), "hidden.bias": (H,), "output.weight": (outputs, H), "output.bias": (outputs,),
    }
    return {f"{prefix}.{name}": as_float32(0.6 * torch.randn(shape)) for name, shape in shapes.items()}


def as_float32(tensor):
    """Values that float32 holds exactly."""
    return tensor.float().double()


def mlp(p, prefix, x):
    get = lambda name: p[f"{prefix}.{name}"]
    h = linear(x, get("input.weight"), get("input.bias"))
    h = torch.tanh(layer_norm(h, (H,), get("norm.weight"), get("norm.bias"), 1e-5))
    h = torch.relu(linear(h, get("hidden.weight"), get("hidden.bias")))
    return linear(h, get("output.weight"), get("output.bias"))


def mean_action(p, s):
    return torch.tanh(mlp(p, "actor.mlp", s))


def q_values(p, prefix, s, a):
    x = torch.cat([s, a], -1)
    return mlp(p, f"{prefix}.first", x)[..., 0], mlp(p, f"{prefix}.second", x)[..., 0]


def noisy(mean, noise):
    """The value is clamped, the gradient is not."""
    x = mean + (noise * STD).clamp(-CLIP, CLIP)
    return x + (x.clamp(-1 + 1e-6, 1 - 1e-6) - x).detach()


def log_density(a, mean):
    return torch.distributions.Normal(mean, STD).log_prob(a).sum(-1)


class Case:
    """Parameters, their optimizers and what is recorded of one algorithm."""

    def __init__(self, name, actor_outputs, has_critic):
        self.name, self.file = name, {}
        self.p = mlp_parameters("actor.mlp", O, actor_outputs)
        if has_critic:
            for net in ("first", "second"):
                self.p |= mlp_parameters(f"critic.{net}", O + A, 1)
                self.p |= mlp_parameters(f"target_critic.{net}", O + A, 1)

    def extra(self, name, value):
        self.p[name] = torch.tensor([value])

    def start(self):
        self.keep("initial", self.p)
        for name, tensor in self.p.items():
            tensor.requires_grad_(not name.startswith("target"))
        groups = {name.split(".")[0] for name in self.p if not name.startswith("target")}
        self.adam = {g: torch.optim.Adam([t for n, t in self.p.items() if n.split(".")[0] == g], lr=LEARNING_RATE)
                     for g in groups}
        self.gradients = {}

    def step(self, group, loss):
        names = [n for n in self.p if n.split(".")[0] == group]
        gradients = torch.autograd.grad(loss, [self.p[n] for n in names])
        for name, gradient in zip(names, gradients):
            self.p[name].grad = gradient
            self.gradients[name] = gradient
        self.adam[group].step()

    def follow(self):
        with torch.no_grad():
            for name, tensor in self.p.items():
                if name.startswith("target_"):
                    tensor.mul_(1 - TAU).add_(TAU * self.p[name.removeprefix("target_")])

    def keep(self, place, tensors):
        for name, tensor in tensors.items():
            self.file[f"{self.name}/{place}/{name}"] = tensor.detach().numpy().astype(np.float32)

    def finish(self):
        self.keep("gradient", self.gradients)
        self.keep("final", self.p)
        return self.file


def draw_batch():
    return {name: as_float32(tensor) for name, tensor in {
        "observation": 2 * torch.randn(B, O), "action": torch.rand(B, A) * 2 - 1, "reward": torch.rand(B),
        "discount": torch.full((B,), DISCOUNT) * (torch.arange(B) != 2), "next_observation": 2 * torch.randn(B, O),
    }.items()}


def draw_noise(**shapes):
    return {name: as_float32(torch.randn(shape)) for name, shape in shapes.items()}


def bc():
    case = Case("bc", A, has_critic=False)
    case.start()
    for update in "01":
        batch = draw_batch()
        loss = -log_density(batch["action"], mean_action(case.p, batch["observation"])).mean()
        case.step("actor", loss)
        case.keep(update, batch | {"loss": loss})
    return case.finish()


def td_loss(case, batch, next_action):
    with torch.no_grad():
        target = batch["reward"] + batch["discount"] * torch.minimum(
            *q_values(case.p, "target_critic", batch["next_observation"], next_action))
    q1, q2 = q_values(case.p, "critic", batch["observation"], batch["action"])
    return mse_loss(q1, target) + mse_loss(q2, target), q1, q2


def critic_update(case, batch, noise):
    with torch.no_grad():
        next_action = noisy(mean_action(case.p, batch["next_observation"]), noise)
    loss, _, _ = td_loss(case, batch, next_action)
    case.step("critic", loss)
    return loss


def td3(name, alpha):
    case = Case(name, A, has_critic=True)
    case.start()
    for update in "01":
        batch, noise = draw_batch(), draw_noise(next_noise=(B, A), noise=(B, A))
        loss = critic_update(case, batch, noise["next_noise"])
        mean = mean_action(case.p, batch["observation"])
        q = torch.minimum(*q_values(case.p, "critic", batch["observation"], noisy(mean, noise["noise"])))
        actor_loss = -q.mean()
        if alpha:
            actor_loss = -alpha / q.detach().abs().mean() * q.mean() + mse_loss(mean, batch["action"])
        case.step("actor", actor_loss)
        case.follow()
        case.keep(update, batch | noise | {"loss": loss, "actor_loss": actor_loss})
    return case.finish()


def crr(name, weight_of, samples=4):
    case = Case(name, A, has_critic=True)
    case.start()
    for update in "01":
        batch, noise = draw_batch(), draw_noise(next_noise=(B, A), value_noise=(samples, B, A))
        loss = critic_update(case, batch, noise["next_noise"])
        s = batch["observation"]
        with torch.no_grad():
            actions = noisy(mean_action(case.p, s).expand(samples, B, A), noise["value_noise"])
            value = torch.minimum(*q_values(case.p, "critic", s.expand(samples, B, O), actions)).mean(0)
            advantage = torch.minimum(*q_values(case.p, "critic", s, batch["action"])) - value
            weight = weight_of(advantage)
        actor_loss = -(log_density(batch["action"], mean_action(case.p, s)) * weight).mean()
        case.step("actor", actor_loss)
        case.follow()
        case.keep(update, batch | noise | {"loss": loss, "actor_loss": actor_loss})
    return case.finish()


def squashed(p, s, noise, bounded_mean):
    """Action and log-density per dimension of tanh(N(mean, std^2))."""
    mean, log_std = mlp(p, "actor.mlp", s).chunk(2, -1)
    mean = torch.tanh(mean) if bounded_mean else mean
    std = log_std.clamp(-10, 2).exp()
    x = mean + std * noise
    log_slope = 2 * (math.log(2) - x - softplus(-2 * x))
    return torch.tanh(x), torch.distributions.Normal(mean, std).log_prob(x) - log_slope


def cql(name, summed, bounded_mean, lagrange, alpha=0.01, target_penalty=5.0, samples=3):
    case = Case(name, 2 * A, has_critic=True)
    case.extra("log_temperature", 0.125)
    if lagrange:
        case.extra("log_penalty_weight", -0.25)
    case.start()
    for update in "01":
        batch = draw_batch()
        noise = draw_noise(next_noise=(B, A), noise=(B, A), penalty_noise=(samples, B, A),
                           next_penalty_noise=(samples, B, A))
        noise["uniform_action"] = as_float32(torch.rand(samples, B, A) * 2 - 1)
        s, s2 = batch["observation"], batch["next_observation"]
        with torch.no_grad():
            next_action, _ = squashed(case.p, s2, noise["next_noise"], bounded_mean)
            others = torch.cat([noise["uniform_action"],
                                squashed(case.p, s, noise["penalty_noise"], bounded_mean)[0],
                                squashed(case.p, s2, noise["next_penalty_noise"], bounded_mean)[0]])
        td, q1, q2 = td_loss(case, batch, next_action)
        o1, o2 = q_values(case.p, "critic", s.expand(3 * samples, B, O), others)
        penalty = sum(torch.logsumexp(torch.cat([o, q[None]]), 0).mean() - q.mean() for o, q in ((o1, q1), (o2, q2)))
        weight = alpha
        if lagrange:
            weight_loss = -0.5 * case.p["log_penalty_weight"].exp().clamp(max=1e6) * (penalty.detach() - target_penalty)
            case.step("log_penalty_weight", weight_loss.sum())
            weight = case.p["log_penalty_weight"].detach().exp().clamp(max=1e6).squeeze()
        loss = td + weight * penalty
        case.step("critic", loss)

        action, log_prob = squashed(case.p, s, noise["noise"], bounded_mean)
        log_prob = log_prob.sum(-1, keepdim=True) if summed else log_prob
        case.step("log_temperature", -(case.p["log_temperature"] * (log_prob.detach() - A)).mean())
        temperature = case.p["log_temperature"].detach().exp()
        q = torch.minimum(*q_values(case.p, "critic", s, action))[:, None]
        actor_loss = (temperature * log_prob - q).mean()
        case.step("actor", actor_loss)
        case.follow()
        case.keep(update, batch | noise | {"loss": loss, "actor_loss": actor_loss, "penalty": penalty})
    return case.finish()


def write(path, arrays):
    """The safetensors format: length of the header, JSON, bytes."""
    header, offset = {}, 0
    for name, array in arrays.items():
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in arrays.values():
            file.write(array.tobytes())


def main(path):
    torch.manual_seed(301)
    arrays = bc()
    arrays |= td3("td3", alpha=0) | td3("td3_bc", alpha=2.5)
    arrays |= crr("crr_indicator", lambda advantage: (advantage > 0).double())
    arrays |= crr("crr_exp", lambda advantage: advantage.exp().clamp(max=20))
    arrays |= crr("crr_identity", lambda advantage: advantage)
    arrays |= cql("cql", summed=False, bounded_mean=True, lagrange=False)
    arrays |= cql("cql_lagrange", summed=True, bounded_mean=False, lagrange=True)
    write(path, arrays)


if __name__ == "__main__":
    main(sys.argv[1])
