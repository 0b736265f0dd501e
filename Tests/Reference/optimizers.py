"""What PyTorch's AdamW, SGD and gradient clipping do to a handful of parameters, in float64.

Writes optimizers.json and clipping.json in Tests/TsuzuriTrainingTests/Resources.
Run: python3 Tests/Reference/optimizers.py (needs torch).
"""

import math

import torch

from reference import number, numbers, write

COUNT, STEPS = 10, 6
PARAMETER = "0.5 * sin(0.37 * i + 0.1)"
GRADIENT = "0.4 * sin(0.53 * i + 0.9 * s + 0.2), but 0 for i = 3, in step s from 0"
RATE = "learningRate * (1 - 0.1 * s)"


def parameters():
    return torch.tensor([0.5 * math.sin(0.37 * i + 0.1) for i in range(COUNT)]).requires_grad_()


def gradients(step):
    values = [0.4 * math.sin(0.53 * i + 0.9 * step + 0.2) for i in range(COUNT)]
    # A word that never occurs has a gradient of zero: AdamW then divides zero by epsilon.
    values[3] = 0.0
    return torch.tensor(values)


def case(name, kind, learningRate, weightDecay=0.0, momentum=0.0, nesterov=False, betas=(0.9, 0.999), epsilon=1e-8):
    tensor = parameters()
    if kind == "adamw":
        optimizer = torch.optim.AdamW([tensor], betas=betas, eps=epsilon, weight_decay=weightDecay)
    else:
        optimizer = torch.optim.SGD([tensor], momentum=momentum, nesterov=nesterov, weight_decay=weightDecay)
    steps = []
    for s in range(STEPS):
        optimizer.param_groups[0]["lr"] = learningRate * (1 - 0.1 * s)
        tensor.grad = gradients(s)
        optimizer.step()
        steps.append(numbers(tensor))
    names = {"exp_avg": "first_moment", "exp_avg_sq": "second_moment", "momentum_buffer": "velocity"}
    state = {names[k]: numbers(v) for k, v in optimizer.state[tensor].items() if k in names and v is not None}
    return {
        "name": name, "optimizer": kind, "learningRate": learningRate, "weightDecay": weightDecay,
        "momentum": momentum, "nesterov": nesterov, "beta1": betas[0], "beta2": betas[1], "epsilon": epsilon,
        "parameters": steps, "state": state,
    }


write("TsuzuriTrainingTests", "optimizers", "optimizers.py", {
    "formulas": [PARAMETER, GRADIENT, RATE],
    "cases": [
        case("AdamW", "adamw", 0.002),
        case("AdamW with weight decay", "adamw", 0.01, weightDecay=0.1),
        case("AdamW with other betas and a large epsilon", "adamw", 0.05, 0.01, betas=(0.8, 0.95), epsilon=1e-3),
        case("SGD", "sgd", 0.5),
        case("SGD with weight decay", "sgd", 0.5, weightDecay=0.1),
        case("SGD with momentum", "sgd", 0.1, momentum=0.9),
        case("SGD with momentum and weight decay", "sgd", 0.1, weightDecay=0.05, momentum=0.8),
        case("SGD with Nesterov momentum", "sgd", 0.1, momentum=0.9, nesterov=True),
        case("SGD with Nesterov momentum and weight decay", "sgd", 0.1, 0.05, momentum=0.9, nesterov=True),
    ],
})


def clipped(maximum_norm, maximum_value):
    """Values first, then the norm of what is left."""
    tensor = parameters()
    tensor.grad = gradients(0)
    if maximum_value is not None:
        torch.nn.utils.clip_grad_value_([tensor], maximum_value)
    norm = torch.nn.utils.clip_grad_norm_([tensor], math.inf if maximum_norm is None else maximum_norm)
    return {
        "maximumNorm": maximum_norm, "maximumValue": maximum_value, "norm": number(norm),
        "gradients": numbers(tensor.grad),
    }


write("TsuzuriTrainingTests", "clipping", "optimizers.py", {
    "formulas": [GRADIENT + ", s = 0"],
    "cases": [clipped(n, v) for n in (None, 0.5, 2.0) for v in (None, 0.25)],
})
