"""What PyTorch's adaptive softmax makes of some rows of features, in float64.

Writes adaptive.json in Tests/TsuzuriModelTests/Resources.
Run: python3 Tests/Reference/adaptive.py (needs torch).
"""

import torch

from reference import FORMULA, filled, numbers, write

SCALE = 0.3
# V, H, cutoffs, rows. Of the second the first cluster is one token and the last is one column wide.
CASES = [(23, 16, [5, 9], 13), (41, 66, [3, 4, 20], 43), (7, 5, [6], 7)]


def case(V, H, cutoffs, rows):
    layer = torch.nn.AdaptiveLogSoftmaxWithLoss(H, V, cutoffs, div_value=4.0, head_bias=True)
    with torch.no_grad():
        for number, parameter in enumerate(layer.parameters()):
            parameter.copy_(filled(tuple(parameter.shape), number))
    hidden = filled((rows, H), 40).requires_grad_()
    targets = torch.tensor([(5 * row + 2) % V for row in range(rows)])
    losses = -layer(hidden, targets).output
    (SCALE * losses.sum()).backward()
    gradients = {"output." + name: numbers(p.grad) for name, p in layer.named_parameters()}
    return {
        "vocabularySize": V, "width": H, "cutoffs": cutoffs, "rows": rows, "scale": SCALE,
        "tensors": ["output." + name for name, _ in layer.named_parameters()], "targets": targets.tolist(),
        "losses": numbers(losses), "logProbabilities": numbers(layer.log_prob(hidden.detach())),
        "hiddenGradient": numbers(hidden.grad), "gradients": gradients,
    }


write("TsuzuriModelTests", "adaptive", "adaptive.py", {
    "parameters": FORMULA, "hidden": "tensor number 40", "cases": [case(*shape) for shape in CASES]})
