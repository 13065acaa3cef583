"""Seconds of a control step of the same network in plain PyTorch, for `ringrl bench train`.

  python act_peers.py STEPS EPISODES LAYERS HEADS DIM SECONDS THREADS RECOMPUTE

An Agentic Transformer as one would write it for acting: four tokens a step of a walker, pre-norm
layers, keys and values in tensors made beforehand, scaled_dot_product_attention of the step's
tokens over all of them; under torch.inference_mode(). The context is STEPS steps of random numbers,
EPISODES of them at once.

Prints two numbers: the median seconds of a step with the cache, and of computing the whole context
anew (0 unless RECOMPUTE is 1). Exits 3 when PyTorch is not installed.
"""

import statistics
import sys
import time

OBSERVATION, ACTION, TOKENS_PER_STEP, EPISODE_STEPS = 24, 6, 4, 1000


def build(torch, layers, heads, dim):
    nn, functional = torch.nn, torch.nn.functional

    class Layer(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention_norm, self.feed_forward_norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
            self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
            self.up, self.down = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)

        def forward(self, x, cache, seen):
            batch, length, _ = x.shape
            qkv = self.qkv(self.attention_norm(x)).view(batch, length, 3, heads, dim // heads)
            q, k, v = qkv.permute(2, 0, 3, 1, 4)
            if cache is None:
                attended = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            else:
                cache[0][:, :, seen : seen + length] = k
                cache[1][:, :, seen : seen + length] = v
                k, v = (part[:, :, : seen + length] for part in cache)
                visible = torch.ones(length, seen + length, dtype=torch.bool).tril(seen)
                attended = functional.scaled_dot_product_attention(q, k, v, attn_mask=visible)
            x = x + self.out(attended.transpose(1, 2).reshape(batch, length, dim))
            return x + self.down(functional.relu(self.up(self.feed_forward_norm(x))))

    class AgenticTransformer(nn.Module):
        def __init__(self):
            super().__init__()
            widths = (1, OBSERVATION, ACTION, 2)
            self.maps = nn.ModuleList(nn.Linear(width, dim) for width in widths)
            self.step = nn.Embedding(EPISODE_STEPS, dim)
            self.norm, self.final_norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
            self.layers = nn.ModuleList(Layer() for _ in range(layers))
            self.action = nn.Linear(dim, ACTION)

        def forward(self, parts, step, caches=None, seen=0):
            kinds = [embed(part) for embed, part in zip(self.maps, parts)]
            x = self.norm((torch.stack(kinds, dim=2) + self.step(step).unsqueeze(2)).flatten(1, 2))
            for index, layer in enumerate(self.layers):
                x = layer(x, None if caches is None else caches[index], seen)
            predicts = x.unflatten(1, (-1, TOKENS_PER_STEP))[:, -1, 1]
            return torch.tanh(self.action(self.final_norm(predicts)))

    return AgenticTransformer()


def median_time(seconds, run):
    times = []
    run()
    while len(times) < 3 or sum(times) < seconds:
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def measure(torch, steps, episodes, layers, heads, dim, seconds, recompute):
    torch.manual_seed(301)
    network = build(torch, layers, heads, dim)
    tokens = steps * TOKENS_PER_STEP
    shape = (episodes, heads, tokens, dim // heads)
    caches = [(torch.randn(shape), torch.randn(shape)) for _ in range(layers)]

    def context(length):
        parts = [torch.rand(episodes, length, width) for width in (1, OBSERVATION, ACTION, 2)]
        return parts, torch.arange(length).remainder(EPISODE_STEPS).expand(episodes, length)

    one, whole = context(1), context(steps)
    cached = median_time(seconds, lambda: network(*one, caches, tokens - TOKENS_PER_STEP))
    return cached, median_time(seconds, lambda: network(*whole)) if recompute else 0.0


def main():
    steps, episodes, layers, heads, dim = (int(word) for word in sys.argv[1:6])
    seconds, threads, recompute = float(sys.argv[6]), int(sys.argv[7]), sys.argv[8] == "1"
    try:
        import torch
    except ImportError:
        sys.exit(3)
    torch.set_num_threads(threads)
    with torch.inference_mode():
        print(*measure(torch, steps, episodes, layers, heads, dim, seconds, recompute))


if __name__ == "__main__":
    main()
