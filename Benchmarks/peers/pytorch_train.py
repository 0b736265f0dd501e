#!/usr/bin/env python3
"""Trains the language model that `tsuzuri benchmark train` trains, with PyTorch, and prints one JSON object.

The same arithmetic: float32, embedding, nn.LSTM or nn.GRU, linear, mean cross-entropy over all tokens of a window; the state's
values are carried from window to window; the gradient is clipped to a global norm of 1; AdamW. Ids are made up, each
of the vocabulary as likely as the other. Written as PyTorch likes it: time-major windows that lie ready, nothing in
a step that waits for a value, the fused optimizer.

Needs torch and numpy. The options are those of `tsuzuri benchmark train`.
"""

import argparse
import json
import os
import time

import torch
from torch import nn

# Enough windows that no cache remembers one, few enough to lie ready.
WINDOWS = 32
WARM_UP_STEPS = 3
WARM_UP_SECONDS = 1.0


class LanguageModel(nn.Module):
    def __init__(self, cell, V, E, H, L):
        super().__init__()
        self.embedding = nn.Embedding(V, E)
        self.rnn = {"lstm": nn.LSTM, "gru": nn.GRU}[cell](E, H, L)
        self.output = nn.Linear(H, V)

    def forward(self, ids, state):
        """Shape: ids [T, B]; logits [T, B, V]; the state [L, B, H], of an LSTM a pair of them."""
        hidden, state = self.rnn(self.embedding(ids), state)
        return self.output(hidden), state


def memory(name):
    """A figure of this process, in bytes; not getrusage's, which begins with the parent's."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(name + ":"))


def onednn_version():
    lines = [line for line in torch.__config__.show().splitlines() if "MKL-DNN" in line]
    return lines[0].split(" v")[1].split()[0] if lines else "none"


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in [("vocabulary-size", 65), ("embedding-size", 128), ("hidden-size", 256), ("layers", 2),
                          ("batch-size", 32), ("sequence-length", 64), ("threads", os.cpu_count())]:
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--cell", choices=["lstm", "gru"], default="lstm")
    parser.add_argument("--seconds", type=float, default=5)
    return parser.parse_args()


def main():
    asked = options()
    torch.set_num_threads(asked.threads)
    # Nothing of a step runs beside another part of it: a second pool would only fight for the cores.
    torch.set_num_interop_threads(1)
    torch.manual_seed(1)
    memory_at_start = memory("VmRSS")

    V, B, T = asked.vocabulary_size, asked.batch_size, asked.sequence_length
    model = LanguageModel(asked.cell, V, asked.embedding_size, asked.hidden_size, asked.layers)
    parameters = list(model.parameters())
    optimizer = torch.optim.AdamW(parameters, lr=0.002, weight_decay=0, fused=True)
    ids = torch.randint(V, (WINDOWS * T + 1, B))
    windows = [(ids[t:t + T], ids[t + 1:t + T + 1].reshape(-1)) for t in range(0, WINDOWS * T, T)]
    parts = [torch.zeros(asked.layers, B, asked.hidden_size) for _ in range(2)]
    state = tuple(parts) if asked.cell == "lstm" else parts[0]

    def step(number):
        nonlocal state
        inputs, targets = windows[number % WINDOWS]
        logits, state = model(inputs, state)
        state = tuple(part.detach() for part in state) if asked.cell == "lstm" else state.detach()
        loss = nn.functional.cross_entropy(logits.view(-1, V), targets)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        return loss

    number = 0
    start = time.perf_counter()
    while number < WARM_UP_STEPS or time.perf_counter() - start < min(WARM_UP_SECONDS, asked.seconds):
        step(number)
        number += 1

    steps = 0
    start = time.perf_counter()
    while True:
        loss = step(number + steps)
        steps += 1
        seconds = time.perf_counter() - start
        if seconds >= asked.seconds:
            break

    print(json.dumps({
        "tokens_per_second": steps * B * T / seconds, "steps": steps, "seconds": seconds, "loss": loss.item(),
        "parameters": sum(parameter.numel() for parameter in parameters),
        "memory_at_start_bytes": memory_at_start, "peak_memory_bytes": memory("VmHWM"),
        "versions": {"torch": torch.__version__, "oneDNN": onednn_version(),
                     "kernels": torch.backends.cpu.get_cpu_capability()},
    }))


if __name__ == "__main__":
    main()
