"""Losses, states and every gradient of small language models of the cells that torch.nn has beside LSTM, in float64.

Writes Tests/TsuzuriModelTests/Resources/cells.json. Run: python3 Tests/Reference/cells.py (needs torch).
"""

import torch

from reference import FORMULA, LanguageModel, filled, mean_cross_entropy, number, numbers, write

B, T = 3, 6


def case(cell, L, tied, V=11, E=5, H=7):
    model = LanguageModel(V, H if tied else E, H, L, tied, cell)
    count = len(model.parameters)
    # Each layer's state continues the numbering of the tensors.
    start = torch.stack([filled((B, H), count + k) for k in range(L)]).requires_grad_()
    # The ids of lstm.py: repeated within a lane and across lanes, and some left out.
    inputs = torch.tensor([[(t * t + 3 * b + t // 2) % (V - 2) for b in range(B)] for t in range(T)])
    targets = torch.tensor([[(5 * t + 2 * b + 1) % V for b in range(B)] for t in range(T)])
    logits, final = model.forward(inputs, start)
    losses = torch.nn.functional.cross_entropy(logits.reshape(-1, V), targets.reshape(-1), reduction="none")
    mean_cross_entropy(logits, targets).backward()
    return {
        "cell": cell, "layerCount": L, "isTied": tied, "losses": numbers(losses),
        "gradients": {n: numbers(p.grad) for n, p in model.parameters.items()},
        "startGradient": numbers(start.grad), "finalState": numbers(final),
    }


write("TsuzuriModelTests", "cells", "cells.py", {
    "formula": FORMULA,
    "layout": "V 11, E 5 (7 where tied), H 7; losses [T, B] with T 6 and B 3; states [L, B, H]; gates r, z, n; "
    "the start state of layer k is numbered count + k after the last tensor; losses' mean is differentiated",
    "cases": [
        case(cell, L, tied)
        for cell in ["rnn", "rnn-relu", "gru"]
        for L, tied in [(1, False), (2, False), (3, False), (1, True), (2, True)]
    ],
})
