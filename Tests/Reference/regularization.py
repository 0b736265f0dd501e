"""What label smoothing and activation regularisation (AR, TAR) do to the gradients of small LSTM language models, from
PyTorch in float64.

Writes Tests/TsuzuriModelTests/Resources/regularization.json. Run: python3 Tests/Reference/regularization.py (needs torch).
"""

import torch

from reference import FORMULA, LanguageModel, filled, number, numbers, write

B, T = 3, 6


def case(name, smoothing, alpha, beta, V=11, E=5, H=7, L=2, tied=False):
    model = LanguageModel(V, E, H, L, tied)
    count = len(model.parameters)
    hidden, cell = filled((L, B, H), count).requires_grad_(), filled((L, B, H), count + 1).requires_grad_()
    inputs = torch.tensor([[(t * t + 3 * b + t // 2) % (V - 2) for b in range(B)] for t in range(T)])
    targets = torch.tensor([[(5 * t + 2 * b + 1) % V for b in range(B)] for t in range(T)])
    embedded = torch.nn.functional.embedding(inputs, model.parameters["embedding.weight"])
    weights = {n.removeprefix("rnn."): p for n, p in model.parameters.items() if n.startswith("rnn.")}
    output, (last_hidden, last_cell) = torch.func.functional_call(model.layers, weights, (embedded, (hidden, cell)))
    projection = model.parameters["embedding.weight" if tied else "output.weight"]
    logits = torch.nn.functional.linear(output, projection, model.parameters["output.bias"])
    rows, answers = logits.reshape(-1, V), targets.reshape(-1)
    minimised = (torch.nn.functional.cross_entropy(rows, answers, label_smoothing=smoothing)
                 + alpha * output.pow(2).mean() + beta * (output[1:] - output[:-1]).pow(2).mean())
    minimised.backward()
    return {
        "name": name, "vocabularySize": V, "embeddingSize": E, "hiddenSize": H, "layerCount": L,
        "batchSize": B, "sequenceLength": T, "isTied": tied,
        "labelSmoothing": smoothing, "activationPenalty": alpha, "temporalPenalty": beta,
        "tensors": model.description(),
        "inputs": inputs.reshape(-1).tolist(), "targets": answers.tolist(),
        "loss": number(torch.nn.functional.cross_entropy(rows, answers)), "logits": numbers(logits),
        "gradients": {n: numbers(p.grad) for n, p in model.parameters.items()},
        "initialHiddenGradient": numbers(hidden.grad), "initialCellGradient": numbers(cell.grad),
        "finalHidden": numbers(last_hidden), "finalCell": numbers(last_cell),
    }


write("TsuzuriModelTests", "regularization", "regularization.py", {
    "formula": FORMULA,
    "layout": "as in lstm.json; loss is the cross-entropy alone, the gradients are those of all that is minimised",
    "cases": [
        case("label smoothing", smoothing=0.2, alpha=0, beta=0),
        case("activation regularisation", smoothing=0, alpha=2, beta=0),
        case("temporal activation regularisation", smoothing=0, alpha=0, beta=1.5),
        case("all three", smoothing=0.1, alpha=2, beta=1),
        case("all three, tied, one layer", smoothing=0.3, alpha=0.5, beta=3, E=7, L=1, tied=True),
    ],
})
