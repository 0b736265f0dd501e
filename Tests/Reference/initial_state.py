"""Losses and every gradient of small language models that begin from learned states, from PyTorch in float64.

Writes Tests/TsuzuriModelTests/Resources/initial_state.json. Run: python3 Tests/Reference/initial_state.py (needs torch).
"""

import torch

from reference import FORMULA, LanguageModel, filled, numbers, write

B, T, L = 3, 6, 2


def case(cell, V=11, E=5, H=7):
    model = LanguageModel(V, E, H, L, False, cell)
    components = ["h", "c"] if cell == "lstm" else ["h"]
    names = [f"rnn.initial_{component}_l{k}" for k in range(L) for component in components]
    learned = {
        name: filled((H,), len(model.parameters) + n).requires_grad_() for n, name in enumerate(names)}
    # One vector for all lanes of a layer.
    states = [
        torch.stack([learned[f"rnn.initial_{component}_l{k}"].expand(B, H) for k in range(L)])
        for component in components]
    # The ids of lstm.py.
    inputs = torch.tensor([[(t * t + 3 * b + t // 2) % (V - 2) for b in range(B)] for t in range(T)])
    targets = torch.tensor([[(5 * t + 2 * b + 1) % V for b in range(B)] for t in range(T)])
    logits, _ = model.forward(inputs, tuple(states) if cell == "lstm" else states[0])
    losses = torch.nn.functional.cross_entropy(logits.reshape(-1, V), targets.reshape(-1), reduction="none")
    losses.mean().backward()
    tensors = {**model.parameters, **learned}
    return {
        "cell": cell, "tensors": list(tensors), "losses": numbers(losses),
        "gradients": {name: numbers(tensor.grad) for name, tensor in tensors.items()},
    }


write("TsuzuriModelTests", "initial_state", "initial_state.py", {
    "formula": FORMULA,
    "layout": "V 11, E 5, H 7, two layers; losses [T, B] with T 6 and B 3; 1 is added to rows H..<2H of an LSTM's bias_ih",
    "cases": [case(cell) for cell in ["lstm", "gru", "rnn", "rnn-relu"]],
})
