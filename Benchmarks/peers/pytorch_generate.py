#!/usr/bin/env python3
"""Writes one sequence with the language model that `tsuzuri benchmark generate` writes with, and prints one JSON object.

Eager PyTorch, as most programs sample with it: under torch.inference_mode, one token at a time through nn.Embedding,
nn.LSTM and nn.Linear; the logits divided by the temperature, softmax, one draw by torch.multinomial; the drawn id is
the next input and never leaves PyTorch. float32, weights as PyTorch draws them. With oneDNN, which may bring the weights
into another order for each token, or without it: both are measured, each for as long, and the faster one counts.

Needs torch and numpy. The options are those of `tsuzuri benchmark generate`.
"""

import argparse
import json
import os
import time

import torch
from torch import nn

TEMPERATURE = 0.8
WARM_UP_TOKENS = 20
# Between two looks at the clock.
TOKENS_AT_ONCE = 10


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in [("vocabulary-size", 65), ("embedding-size", 128), ("hidden-size", 256), ("layers", 2),
                          ("threads", os.cpu_count())]:
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--seconds", type=float, default=5)
    return parser.parse_args()


def main():
    asked = options()
    torch.set_num_threads(asked.threads)
    torch.set_num_interop_threads(1)
    torch.manual_seed(1)
    V, E, H, L = asked.vocabulary_size, asked.embedding_size, asked.hidden_size, asked.layers
    embedding, rnn, output = nn.Embedding(V, E), nn.LSTM(E, H, L), nn.Linear(H, V)
    token = torch.zeros(1, 1, dtype=torch.long)
    state = (torch.zeros(L, 1, H), torch.zeros(L, 1, H))

    def write(count):
        nonlocal token, state
        for _ in range(count):
            hidden, state = rnn(embedding(token), state)
            probabilities = torch.softmax(output(hidden).view(1, V) / TEMPERATURE, dim=-1)
            token = torch.multinomial(probabilities, 1)

    def measure(longest):
        """Tokens and seconds of writing for about so long."""
        write(WARM_UP_TOKENS)
        tokens = 0
        start = time.perf_counter()
        while True:
            write(TOKENS_AT_ONCE)
            tokens += TOKENS_AT_ONCE
            seconds = time.perf_counter() - start
            if seconds >= longest:
                return tokens, seconds

    with torch.inference_mode():
        ways = {}
        for uses_onednn in [True, False]:
            with torch.backends.mkldnn.flags(enabled=uses_onednn):
                ways[uses_onednn] = measure(asked.seconds)
    uses_onednn, (tokens, seconds) = max(ways.items(), key=lambda way: way[1][0] / way[1][1])

    modules = [embedding, rnn, output]
    print(json.dumps({
        "tokens_per_second": tokens / seconds, "tokens": tokens, "seconds": seconds,
        "parameters": sum(parameter.numel() for module in modules for parameter in module.parameters()),
        "versions": {"torch": torch.__version__, "kernels": torch.backends.cpu.get_cpu_capability()},
        "uses_onednn": uses_onednn,
    }))


if __name__ == "__main__":
    main()
