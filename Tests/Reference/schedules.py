"""Learning rates by PyTorch's own schedulers.

Writes Tests/TsuzuriTrainingTests/Resources/schedules.json and plateaus.json.
Run: python3 Tests/Reference/schedules.py (needs torch).
"""

import warnings

import torch
from torch.optim.lr_scheduler import (
    CosineAnnealingLR, LambdaLR, LinearLR, OneCycleLR, ReduceLROnPlateau, SequentialLR)

from reference import number, write

# SequentialLR itself calls the deprecated form of step().
warnings.filterwarnings("ignore", category=UserWarning)


def optimizer(rate):
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=rate)


def cosine(rate, steps, warmup, final):
    """W steps of warm-up at rate · (s + 1) / (W + 1), then a half cosine from rate to rate · final."""
    o = optimizer(rate)
    annealing = CosineAnnealingLR(o, T_max=steps - warmup, eta_min=rate * final)
    scheduler = annealing
    if warmup:
        linear = LinearLR(o, start_factor=1 / (warmup + 1), total_iters=warmup)
        scheduler = SequentialLR(o, [linear, annealing], milestones=[warmup])
    rates = []
    for _ in range(steps):
        rates.append(number(o.param_groups[0]["lr"]))
        o.step()
        scheduler.step()
    return {
        "schedule": "cosine", "learningRate": rate, "steps": steps, "warmupSteps": warmup, "finalFraction": final,
        "rates": rates,
    }


def rates_of(o, scheduler, steps):
    rates = []
    for s in range(steps):
        rates.append(number(o.param_groups[0]["lr"]))
        o.step()
        if s + 1 < steps:
            scheduler.step()
    return rates


def constant(rate, steps, warmup):
    o = optimizer(rate)
    rates = rates_of(o, LinearLR(o, start_factor=1 / (warmup + 1), total_iters=warmup), steps)
    return {"schedule": "constant", "learningRate": rate, "steps": steps, "warmupSteps": warmup, "rates": rates}


def step(rate, epochs, length, after, factor, warmup):
    """Zaremba's: epoch e from 1 has rate / factor ** max(0, e - after)."""
    o = optimizer(rate)
    scheduler = LambdaLR(
        o, lambda s: factor ** -max(0, s // length + 1 - after) * min(1, (s + 1) / (warmup + 1)))
    return {
        "schedule": "step", "learningRate": rate, "steps": epochs * length, "stepsPerEpoch": length,
        "afterEpoch": after, "factor": factor, "warmupSteps": warmup,
        "rates": rates_of(o, scheduler, epochs * length),
    }


def one_cycle(rate, steps, rise, initial, final, warmup=0):
    """W steps of warm-up to the rate that the cycle begins with, then the cycle."""
    rates = []
    if warmup:
        o = optimizer(rate / initial)
        rates = rates_of(o, LinearLR(o, start_factor=1 / (warmup + 1), total_iters=warmup), warmup)
    o = optimizer(rate)
    scheduler = OneCycleLR(
        o, max_lr=rate, total_steps=steps - warmup, pct_start=rise, div_factor=initial, final_div_factor=final,
        cycle_momentum=False)
    return {
        "schedule": "one-cycle", "learningRate": rate, "steps": steps, "rise": rise, "initialDivisor": initial,
        "finalDivisor": final, "warmupSteps": warmup, "rates": rates + rates_of(o, scheduler, steps - warmup),
    }


def plateau(rate, factor, patience, threshold, minimum, losses):
    o = optimizer(rate)
    scheduler = ReduceLROnPlateau(
        o, factor=factor, patience=patience, threshold=threshold, min_lr=minimum * rate)
    rates = []
    for loss in losses:
        scheduler.step(loss)
        rates.append(number(o.param_groups[0]["lr"]))
    return {
        "learningRate": rate, "factor": factor, "patience": patience, "threshold": threshold,
        "minimumFraction": minimum, "losses": losses, "rates": rates,
    }


write("TsuzuriTrainingTests", "schedules", "schedules.py", {
    "cases": [
        cosine(0.002, 12, 0, 0.0),
        cosine(0.002, 12, 0, 0.1),
        cosine(0.5, 20, 1, 0.0),
        cosine(0.5, 20, 5, 0.05),
        constant(0.1, 8, 3),
        step(20, 13, 3, 4, 2, 0),
        step(1, 6, 4, 2, 1.2, 5),
        one_cycle(0.01, 20, 0.3, 25, 1e4),
        one_cycle(2, 37, 0.45, 10, 50),
        one_cycle(1, 7, 0.3, 25, 1e4),
        one_cycle(3, 29, 0.4, 12, 300, 6),
    ],
})

# 2.99985 lies within the threshold of 3 and counts as no improvement; 2.5 does.
losses = [4.0, 3.0, 2.99985, 3.1, 3.0, 2.5, 2.5, 2.5, 2.4, 2.4, 2.41, 2.42, 2.43, 2.44, 2.45, 2.46, 2.3]
write("TsuzuriTrainingTests", "plateaus", "schedules.py", {
    "cases": [
        plateau(0.1, 0.5, 1, 1e-4, 0.0, losses),
        plateau(0.1, 0.1, 0, 1e-4, 0.0, losses),
        plateau(1.0, 0.25, 2, 0.05, 0.1, losses),
        # Reductions smaller than 1e-8 are left out by PyTorch.
        plateau(1e-7, 0.1, 0, 1e-4, 0.0, losses),
    ],
})
