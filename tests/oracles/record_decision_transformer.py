"""Records tests/oracles/decision_transformer.safetensors: two updates of a Decision Transformer.

  python tests/oracles/record_decision_transformer.py tests/oracles/decision_transformer.safetensors

The model of kzl/decision-transformer, gym/, written down anew in plain PyTorch: functions over a
dictionary of parameters, float64, torch.optim.AdamW. Windows are made as there: cut at the episode's
end, padded at the left with what stands for nothing (actions of -10), hidden by a mask. Weights decay
where ours do, matrices that are no embedding; dropout is off. Everything random is drawn here and
stored. See ORACLES.md.

Names, behind "dt/": episodes/<what>, <update>/{episode, start} of the windows, <update>/{loss,
gradient_norm}, initial/<parameter>, gradient/<parameter> of the second update, final/<parameter>.
"""

import sys

import numpy as np
import torch
from torch.nn.functional import layer_norm, linear

from record_agent_updates import as_float32, write

O, A, D, LAYERS, HEADS, K, MAX_STEPS = 3, 2, 8, 2, 2, 5, 12
LENGTHS = (12, 7, 9)
WINDOWS = (((2, 6), (0, 6), (1, 0), (1, 2)), ((0, 2), (1, 4), (2, 0), (0, 11)))  # (episode, start)
LEARNING_RATE, WEIGHT_DECAY, CLIP, SCALE = 1e-3, 0.1, 2.25, 4.0  # of the two updates only the first is clipped
EPSILON = 1e-3  # the keys' biases have a gradient of zero, whose rounding Adam must not blow up
torch.set_default_dtype(torch.float64)


def draw_parameters():
    shapes = {
        "embedding.return_to_go": (D, 1), "embedding.observation": (D, O), "embedding.action": (D, A),
        "final_norm": (D,), "action": (A, D), "embedding.norm": (D,),
    }
    for layer in range(LAYERS):
        shapes |= {f"layers.{layer}.{name}": shape for name, shape in {
            "attention_norm": (D,), "attention.qkv": (3 * D, D), "attention.out": (D, D), "feed_forward_norm": (D,),
            "feed_forward.up": (4 * D, D), "feed_forward.down": (D, 4 * D),
        }.items()}
    p = {"embedding.step.weight": 0.6 * torch.randn(MAX_STEPS, D)}
    for name, shape in shapes.items():
        p[f"{name}.weight"] = 0.6 * torch.randn(shape) + (len(shape) == 1)
        p[f"{name}.bias"] = 0.3 * torch.randn(shape[0])
    return {name: as_float32(tensor) for name, tensor in p.items()}


def draw_episodes():
    return [{"observation": as_float32(2 * torch.randn(n + 1, O)), "action": as_float32(torch.rand(n, A) * 2 - 1),
             "reward": as_float32(torch.rand(n))} for n in LENGTHS]


def pad(tensor, value):
    return torch.cat([torch.full((K - len(tensor), *tensor.shape[1:]), value, dtype=tensor.dtype), tensor])


def window(episode, start, mean, std):
    steps = slice(start, start + K)
    to_go = episode["reward"].flip(0).cumsum(0).flip(0)[steps] / SCALE
    observation = episode["observation"][:-1][steps]
    return {"observation": (pad(observation, 0.0) - mean) / std, "action": pad(episode["action"][steps], -10.0),
            "return_to_go": pad(to_go, 0.0)[:, None], "step": pad(torch.arange(start, start + len(to_go)), 0),
            "mask": pad(torch.ones(len(to_go), dtype=torch.bool), False)}


def norm(p, name, x):
    return layer_norm(x, (D,), p[f"{name}.weight"], p[f"{name}.bias"], 1e-5)


def dense(p, name, x):
    return linear(x, p[f"{name}.weight"], p[f"{name}.bias"])


def attention(p, layer, x, visible):
    batch, tokens, _ = x.shape
    q, k, v = (part.view(batch, tokens, HEADS, D // HEADS).transpose(1, 2)
               for part in dense(p, f"layers.{layer}.attention.qkv", x).chunk(3, -1))
    score = q @ k.transpose(-1, -2) / (D // HEADS) ** 0.5
    weight = score.masked_fill(~visible[:, None], -1e30).softmax(-1)
    return dense(p, f"layers.{layer}.attention.out", (weight @ v).transpose(1, 2).reshape(batch, tokens, D))


def predict(p, batch):
    step = p["embedding.step.weight"][batch["step"]]
    tokens = [dense(p, f"embedding.{kind}", batch[kind]) + step for kind in ("return_to_go", "observation", "action")]
    x = norm(p, "embedding.norm", torch.stack(tokens, 2).flatten(1, 2))
    known = batch["mask"].repeat_interleave(3, 1)
    visible = torch.ones(3 * K, 3 * K, dtype=torch.bool).tril() & known[:, None, :]
    for layer in range(LAYERS):
        x = x + attention(p, layer, norm(p, f"layers.{layer}.attention_norm", x), visible)
        hidden = torch.relu(dense(p, f"layers.{layer}.feed_forward.up", norm(p, f"layers.{layer}.feed_forward_norm", x)))
        x = x + dense(p, f"layers.{layer}.feed_forward.down", hidden)
    return torch.tanh(dense(p, "action", norm(p, "final_norm", x)[:, 1::3]))


def decays(name, tensor):
    return tensor.dim() == 2 and not name.startswith("embedding")


def main(path):
    torch.manual_seed(301)
    p, episodes = draw_parameters(), draw_episodes()
    file = {f"initial/{name}": tensor.clone() for name, tensor in p.items()}
    for kind in ("observation", "action", "reward"):
        file[f"episodes/{kind}"] = torch.cat([episode[kind] for episode in episodes])
    file["episodes/num_steps"] = torch.tensor(LENGTHS)
    observations = torch.cat([episode["observation"] for episode in episodes])
    mean, std = observations.mean(0), observations.std(0, correction=0)

    for tensor in p.values():
        tensor.requires_grad_()
    adam = torch.optim.AdamW(
        [{"params": [t for n, t in p.items() if decays(n, t) == decayed], "weight_decay": WEIGHT_DECAY * decayed}
         for decayed in (False, True)], lr=LEARNING_RATE, eps=EPSILON)
    for update, places in enumerate(WINDOWS):
        windows = [window(episodes[episode], start, mean, std) for episode, start in places]
        batch = {name: torch.stack([each[name] for each in windows]) for name in windows[0]}
        error = (predict(p, batch) - batch["action"])[batch["mask"]]
        loss = error.square().mean()
        adam.zero_grad()
        loss.backward()
        length = torch.nn.utils.clip_grad_norm_(p.values(), CLIP)
        adam.step()
        file |= {f"{update}/loss": loss, f"{update}/gradient_norm": length,
                 f"{update}/episode": torch.tensor([e for e, _ in places]),
                 f"{update}/start": torch.tensor([s for _, s in places])}
    file |= {f"gradient/{name}": tensor.grad for name, tensor in p.items()}
    file |= {f"final/{name}": tensor for name, tensor in p.items()}
    write(path, {f"dt/{name}": tensor.detach().numpy().astype(np.float32) for name, tensor in file.items()})


if __name__ == "__main__":
    main(sys.argv[1])
