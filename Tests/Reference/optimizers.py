"""What PyTorch's optimizers and gradient clipping do to a handful of parameters, in float64.

Writes optimizers.json, averaging.json and clipping.json in Tests/TsuzuriTrainingTests/Resources.
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


OPTIMIZERS = {
    "adamw": lambda p, c: torch.optim.AdamW(
        p, betas=(c["beta1"], c["beta2"]), eps=c["epsilon"], weight_decay=c["weightDecay"]),
    "adam": lambda p, c: torch.optim.Adam(
        p, betas=(c["beta1"], c["beta2"]), eps=c["epsilon"], weight_decay=c["weightDecay"]),
    "sgd": lambda p, c: torch.optim.SGD(
        p, momentum=c["momentum"], nesterov=c["nesterov"], weight_decay=c["weightDecay"]),
    "rmsprop": lambda p, c: torch.optim.RMSprop(
        p, alpha=c["alpha"], eps=c["epsilon"], momentum=c["momentum"], centered=c["centered"],
        weight_decay=c["weightDecay"]),
    "adagrad": lambda p, c: torch.optim.Adagrad(p, eps=c["epsilon"], weight_decay=c["weightDecay"]),
    "asgd": lambda p, c: torch.optim.ASGD(p, lr=c["learningRate"], lambd=0, t0=0, weight_decay=c["weightDecay"]),
}
# Our names of what PyTorch remembers.
STATE = {
    "exp_avg": "first_moment", "exp_avg_sq": "second_moment", "momentum_buffer": "velocity", "square_avg": "square",
    "grad_avg": "mean", "sum": "sum", "ax": "average",
}


def case(name, kind, learningRate, weightDecay=0.0, **options):
    options = {
        "momentum": 0.0, "nesterov": False, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "alpha": 0.99,
        "centered": False, **options,
    }
    options = {"learningRate": learningRate, "weightDecay": weightDecay, **options}
    tensor = parameters()
    optimizer = OPTIMIZERS[kind]([tensor], options)
    steps = []
    for s in range(STEPS):
        rate = learningRate * (1 - 0.1 * s)
        optimizer.param_groups[0]["lr"] = rate
        if "eta" in optimizer.state[tensor]:
            # ASGD takes a new rate a step later; ours, like the others, at once.
            optimizer.state[tensor]["eta"].fill_(rate)
        tensor.grad = gradients(s)
        optimizer.step()
        steps.append(numbers(tensor))
    state = {STATE[k]: numbers(v) for k, v in optimizer.state[tensor].items() if k in STATE and v is not None}
    return {"name": name, "optimizer": kind, **options, "parameters": steps, "state": state}


def averaged(learningRate, weightDecay, start):
    """Descent whose weights are averaged from those after `start` steps on: by PyTorch's own mean of models."""
    module = torch.nn.Module()
    module.weights = torch.nn.Parameter(parameters().detach())
    optimizer = torch.optim.SGD(module.parameters(), lr=learningRate, weight_decay=weightDecay)
    average = torch.optim.swa_utils.AveragedModel(module)
    steps, averages = [], []
    for s in range(STEPS):
        optimizer.param_groups[0]["lr"] = learningRate * (1 - 0.1 * s)
        module.weights.grad = gradients(s)
        optimizer.step()
        steps.append(numbers(module.weights))
        if s + 1 >= start:
            average.update_parameters(module)
            averages.append(numbers(average.module.weights))
    return {
        "learningRate": learningRate, "weightDecay": weightDecay, "start": start, "parameters": steps,
        "averages": averages,
    }


write("TsuzuriTrainingTests", "averaging", "optimizers.py", {
    "formulas": [PARAMETER, GRADIENT, RATE],
    "cases": [averaged(0.5, 0.0, 3), averaged(0.3, 0.1, 1), averaged(0.3, 0.05, 6)],
})

write("TsuzuriTrainingTests", "optimizers", "optimizers.py", {
    "formulas": [PARAMETER, GRADIENT, RATE],
    "cases": [
        case("AdamW", "adamw", 0.002),
        case("AdamW with weight decay", "adamw", 0.01, weightDecay=0.1),
        case("AdamW with other betas and a large epsilon", "adamw", 0.05, 0.01, beta1=0.8, beta2=0.95, epsilon=1e-3),
        case("SGD", "sgd", 0.5),
        case("SGD with weight decay", "sgd", 0.5, weightDecay=0.1),
        case("SGD with momentum", "sgd", 0.1, momentum=0.9),
        case("SGD with momentum and weight decay", "sgd", 0.1, weightDecay=0.05, momentum=0.8),
        case("SGD with Nesterov momentum", "sgd", 0.1, momentum=0.9, nesterov=True),
        case("SGD with Nesterov momentum and weight decay", "sgd", 0.1, 0.05, momentum=0.9, nesterov=True),
        case("Adam", "adam", 0.002),
        case("Adam with weight decay", "adam", 0.01, 0.1, beta1=0.8, beta2=0.95, epsilon=1e-3),
        case("RMSprop", "rmsprop", 0.01),
        case("RMSprop with momentum and weight decay", "rmsprop", 0.002, 0.1, alpha=0.9, momentum=0.8),
        case("RMSprop, centred", "rmsprop", 0.01, 0.05, alpha=0.95, epsilon=1e-4, centered=True),
        case("RMSprop, centred, with momentum", "rmsprop", 0.002, momentum=0.9, epsilon=1e-4, centered=True),
        case("Adagrad", "adagrad", 0.05, epsilon=1e-10),
        case("Adagrad with weight decay", "adagrad", 0.05, 0.1, epsilon=1e-3),
        case("ASGD", "asgd", 0.5),
        case("ASGD with weight decay", "asgd", 0.3, 0.1),
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
