"""What the scripts of this folder share: values by formula, the small model, and the way a file is written.

No random numbers: every weight is a formula of its place, so the Swift tests (`ReferenceValues.value`)
make the same weights and only results are stored.
"""

import json
import math
import os

import torch

torch.set_default_dtype(torch.float64)

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FORMULA = "0.6 * sin(0.7 * i + 0.013 * i * i + 1.3 * j + 0.5), i = element in row-major order, j = tensor number"


def value(element, tensor):
    """Element `element` of tensor number `tensor`. The square keeps a matrix from having rank two."""
    return 0.6 * math.sin(0.7 * element + 0.013 * element * element + 1.3 * tensor + 0.5)


def filled(shape, tensor):
    """A tensor of `shape` filled by the formula."""
    count = math.prod(shape)
    return torch.tensor([value(i, tensor) for i in range(count)]).reshape(shape)


# For each cell of ours that torch.nn has: how many gates, and the layers.
CELLS = {
    "lstm": (4, torch.nn.LSTM),
    "gru": (3, torch.nn.GRU),
    "rnn": (1, torch.nn.RNN),
    "rnn-relu": (1, lambda E, H, L: torch.nn.RNN(E, H, L, nonlinearity="relu")),
}


class LanguageModel:
    """Embedding, stacked recurrent layers, projection, with the names of the model file; weights by formula.

    The forget part of an LSTM's bias_ih (rows H to 2H) has 1 added, so a test sees that it is not forgotten.
    """

    def __init__(self, V, E, H, L, tied, cell="lstm"):
        self.V, self.E, self.H, self.L, self.tied = V, E, H, L, tied
        G, layers = CELLS[cell]
        shapes = {"embedding.weight": (V, E)}
        for k in range(L):
            shapes[f"rnn.weight_ih_l{k}"] = (G * H, E if k == 0 else H)
            shapes[f"rnn.weight_hh_l{k}"] = (G * H, H)
            shapes[f"rnn.bias_ih_l{k}"] = (G * H,)
            shapes[f"rnn.bias_hh_l{k}"] = (G * H,)
        if tied and E != H:
            shapes["projection.weight"] = (E, H)
        if not tied:
            shapes["output.weight"] = (V, H)
        shapes["output.bias"] = (V,)

        self.parameters = {}
        for number, (name, shape) in enumerate(shapes.items()):
            tensor = filled(shape, number)
            if cell == "lstm" and ".bias_ih_" in name:
                tensor[H : 2 * H] += 1
            self.parameters[name] = tensor.requires_grad_()

        # torch.nn's layers check their own arguments; functional_call puts our tensors in the place of theirs.
        self.layers = layers(E, H, L)

    def forward(self, inputs, state):
        """inputs [T, B] of ids → logits [T, B, V] and the final state: h, or (h, c) of an LSTM, each [L, B, H]."""
        embedded = torch.nn.functional.embedding(inputs, self.parameters["embedding.weight"])
        weights = {n.removeprefix("rnn."): p for n, p in self.parameters.items() if n.startswith("rnn.")}
        output, state = torch.func.functional_call(self.layers, weights, (embedded, state))
        if "projection.weight" in self.parameters:
            output = torch.nn.functional.linear(output, self.parameters["projection.weight"])
        projection = self.parameters["embedding.weight" if self.tied else "output.weight"]
        return torch.nn.functional.linear(output, projection, self.parameters["output.bias"]), state

    def description(self):
        """The tensors in the order that gives them their numbers."""
        return [{"name": n, "shape": list(p.shape)} for n, p in self.parameters.items()]


def mean_cross_entropy(logits, targets):
    return torch.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))


def numbers(tensor):
    """The values in row-major order, to 14 digits: far below any tolerance, and short."""
    return [float(f"{x:.14g}") for x in tensor.detach().reshape(-1).tolist()]


def number(x):
    return float(f"{float(torch.as_tensor(x).detach()):.14g}")


def write(target, name, script, content):
    """Writes Tests/TARGET/Resources/NAME.json, one case a line."""
    folder = os.path.join(TESTS, target, "Resources")
    os.makedirs(folder, exist_ok=True)
    head = {"torch": torch.__version__.split("+")[0], "script": f"Tests/Reference/{script}"}
    head.update({k: v for k, v in content.items() if k != "cases"})
    with open(os.path.join(folder, name + ".json"), "w") as file:
        lines = ",\n".join(json.dumps(case) for case in content["cases"])
        file.write(json.dumps(head)[:-1] + ',\n"cases": [\n' + lines + "\n]}\n")
