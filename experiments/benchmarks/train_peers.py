"""Seconds of a training step of the same network in plain PyTorch, for `ringrl bench train`.

  python train_peers.py TOKENS LAYERS HEADS DIM UPDATES THREADS

An Agentic Transformer as one would write it: pre-norm layers, scaled_dot_product_attention with
is_causal, dropout 0.1 where ours has it, mean squared error on the actions, gradients clipped to
0.25, AdamW. float32, one context of random numbers, four tokens a step of a walker.

Prints two numbers: the median seconds of UPDATES updates after one that is not measured, and the
process's largest resident memory in bytes. Exits 3 when PyTorch is not installed.
"""

import resource
import statistics
import sys
import time

OBSERVATION, ACTION, TOKENS_PER_STEP = 24, 6, 4


def build(torch, tokens, layers, heads, dim):
    nn, functional = torch.nn, torch.nn.functional

    class Layer(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention_norm, self.feed_forward_norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
            self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
            self.up, self.down = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)
            self.dropout = nn.Dropout(0.1)

        def forward(self, x):
            batch, length, _ = x.shape
            qkv = self.qkv(self.attention_norm(x)).view(batch, length, 3, heads, dim // heads)
            q, k, v = qkv.permute(2, 0, 3, 1, 4)
            attended = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            attended = attended.transpose(1, 2).reshape(batch, length, dim)
            x = x + self.dropout(self.out(attended))
            hidden = functional.relu(self.up(self.feed_forward_norm(x)))
            return x + self.dropout(self.down(hidden))

    class AgenticTransformer(nn.Module):
        def __init__(self):
            super().__init__()
            widths = (1, OBSERVATION, ACTION, 2)
            self.maps = nn.ModuleList(nn.Linear(width, dim) for width in widths)
            self.step = nn.Embedding(max(1000, tokens // TOKENS_PER_STEP), dim)
            self.norm, self.final_norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
            self.dropout = nn.Dropout(0.1)
            self.layers = nn.ModuleList(Layer() for _ in range(layers))
            self.action = nn.Linear(dim, ACTION)

        def forward(self, parts, step):
            kinds = [embed(part) for embed, part in zip(self.maps, parts)]
            x = torch.stack(kinds, dim=2) + self.step(step).unsqueeze(2)
            x = self.dropout(self.norm(x.flatten(1, 2)))
            for layer in self.layers:
                x = layer(x)
            predicts = x.unflatten(1, (-1, TOKENS_PER_STEP))[:, :, 1]
            return torch.tanh(self.action(self.final_norm(predicts)))

    return AgenticTransformer()


def measure(torch, tokens, layers, heads, dim, updates):
    torch.manual_seed(301)
    steps = tokens // TOKENS_PER_STEP
    network = build(torch, tokens, layers, heads, dim)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4, weight_decay=1e-4)
    parts = [torch.rand(1, steps, width) for width in (1, OBSERVATION, ACTION, 2)]
    index = torch.arange(steps).unsqueeze(0)
    seconds = []
    for _ in range(updates + 1):
        begin = time.perf_counter()
        optimizer.zero_grad()
        loss = (network(parts, index) - parts[2]).square().mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 0.25)
        optimizer.step()
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds[1:])


def main():
    tokens, layers, heads, dim, updates, threads = (int(word) for word in sys.argv[1:])
    try:
        import torch
    except ImportError:
        sys.exit(3)
    torch.set_num_threads(threads)
    seconds = measure(torch, tokens, layers, heads, dim, updates)
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


if __name__ == "__main__":
    main()
