"""Loss, logits, states and every gradient of small LSTM language models, from PyTorch in float64.

Writes Tests/TsuzuriModelTests/Resources/lstm.json. Run: python3 Tests/Reference/lstm.py (needs torch).
"""

import torch

from reference import FORMULA, LanguageModel, filled, mean_cross_entropy, number, numbers, write

B, T = 3, 6


def case(name, V, E, H, L, tied):
    model = LanguageModel(V, E, H, L, tied)
    count = len(model.parameters)
    # The states continue the numbering of the tensors: they have values like any weight.
    hidden = filled((L, B, H), count).requires_grad_()
    cell = filled((L, B, H), count + 1).requires_grad_()
    # Each window repeats ids within a lane and across lanes, and leaves some out, so that the embedding's
    # gradient both adds up and stays zero.
    inputs = torch.tensor([[(t * t + 3 * b + t // 2) % (V - 2) for b in range(B)] for t in range(T)])
    targets = torch.tensor([[(5 * t + 2 * b + 1) % V for b in range(B)] for t in range(T)])
    logits, (last_hidden, last_cell) = model.forward(inputs, (hidden, cell))
    loss = mean_cross_entropy(logits, targets)
    loss.backward()
    return {
        "name": name, "vocabularySize": V, "embeddingSize": E, "hiddenSize": H, "layerCount": L,
        "batchSize": B, "sequenceLength": T, "isTied": tied,
        "tensors": model.description(),
        "inputs": inputs.reshape(-1).tolist(), "targets": targets.reshape(-1).tolist(),
        "loss": number(loss), "logits": numbers(logits),
        "gradients": {n: numbers(p.grad) for n, p in model.parameters.items()},
        "initialHiddenGradient": numbers(hidden.grad), "initialCellGradient": numbers(cell.grad),
        "finalHidden": numbers(last_hidden), "finalCell": numbers(last_cell),
    }


write("TsuzuriModelTests", "lstm", "lstm.py", {
    "formula": FORMULA,
    "layout": "inputs, targets [T, B]; logits [T, B, V]; states [L, B, H]; gates i, f, g, o; "
    "1 is added to rows H..<2H of each bias_ih; h0 and c0 take the two numbers after the last tensor",
    "cases": [
        case("one layer", V=11, E=5, H=7, L=1, tied=False),
        case("two layers", V=11, E=5, H=7, L=2, tied=False),
        case("three layers", V=11, E=5, H=7, L=3, tied=False),
        case("one layer, tied", V=11, E=7, H=7, L=1, tied=True),
        case("two layers, tied", V=11, E=7, H=7, L=2, tied=True),
        case("two layers, tied through a projection", V=11, E=5, H=7, L=2, tied=True),
        case("one layer, tied through a wider projection", V=11, E=9, H=7, L=1, tied=True),
    ],
})
