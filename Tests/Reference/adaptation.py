"""Models that go with the text they measure: a neural cache, and dynamic evaluation.

Writes Tests/TsuzuriEvaluationTests/Resources/cache.json and Tests/TsuzuriTrainingTests/Resources/dynamic.json.
Run: python3 Tests/Reference/adaptation.py (needs torch).
"""

import math

import torch

from reference import FORMULA, LanguageModel, mean_cross_entropy, number, numbers, write

V, E, H, L = 11, 5, 7, 2
# A text that repeats itself, and is longer than cache and windows.
TEXT = [(n * n + n // 3) % 9 + 1 for n in range(46)]
# What the gradients' statistics are made of: lanes as in training.
B, T, WINDOWS = 3, 6, 4
LANES = [[(n * n + 4 * b + n // 3) % V for n in range(WINDOWS * T + 1)] for b in range(B)]


def shapes(model, name, tied):
    return {
        "name": name, "vocabularySize": V, "embeddingSize": model.parameters["embedding.weight"].shape[1],
        "hiddenSize": H, "layerCount": L, "batchSize": 1, "sequenceLength": 0, "isTied": tied,
        "tensors": model.description(), "text": TEXT,
    }


def zeros(lanes):
    return (torch.zeros(L, lanes, H), torch.zeros(L, lanes, H))


def features_and_logits(model, ids):
    """What the output matrix is multiplied with, and the logits, behind each of the ids."""
    logits, _ = model.forward(torch.tensor(ids).unsqueeze(1), zeros(1))
    matrix = model.parameters["embedding.weight" if model.tied else "output.weight"]
    # logits = features · matrixᵀ + bias, and the matrix has more rows than columns.
    features = torch.linalg.lstsq(matrix, (logits[:, 0] - model.parameters["output.bias"]).T).solution.T
    return features.detach(), logits[:, 0].detach()


def cached(name, size, theta, weight, tied=False, width=None):
    """(1 − λ) p_model + λ p_cache: Grave, Joulin & Usunier 2017, equations 2 to 4."""
    model = LanguageModel(V, width or (H if tied else E), H, L, tied)
    # <eos> is fed first.
    features, logits = features_and_logits(model, [0] + TEXT[:-1])
    losses = []
    for t, token in enumerate(TEXT):
        p = torch.softmax(logits[t], 0)[token].item()
        past = range(max(0, t - size), t)
        if len(past) > 0:
            weights = [math.exp(theta * float(features[t] @ features[i])) for i in past]
            found = sum(w for w, i in zip(weights, past) if TEXT[i] == token) / sum(weights)
            p = (1 - weight) * p + weight * found
        losses.append(number(-math.log(p)))
    return {**shapes(model, name, tied), "size": size, "theta": theta, "lambda": weight, "losses": losses}


def statistics(model):
    """The root of the mean of the gradient's squares over windows of training, with carried state."""
    squares = {n: torch.zeros_like(p) for n, p in model.parameters.items()}
    ids, state = torch.tensor(LANES).T, zeros(B)
    for s in range(WINDOWS):
        logits, state = model.forward(ids[s * T : (s + 1) * T], state)
        state = tuple(x.detach() for x in state)
        loss = mean_cross_entropy(logits, ids[s * T + 1 : (s + 1) * T + 1])
        gradients = torch.autograd.grad(loss, list(model.parameters.values()))
        for n, g in zip(model.parameters, gradients):
            squares[n] += g * g
    return {n: (s / WINDOWS).sqrt() for n, s in squares.items()}


def dynamic(name, window, rate, decay, epsilon, tied=False):
    """Krause et al. 2018, equations 5 and 8 with 9: RMS with RMS decay.

        w ← w − η g / (RMS + ε) + min(1, λ RMS / mean(RMS)) ⊙ (w_trained − w)
    """
    model = LanguageModel(V, H if tied else E, H, L, tied)
    rms = statistics(model)
    mean = torch.cat([r.reshape(-1) for r in rms.values()]).mean()
    trained = {n: p.detach().clone() for n, p in model.parameters.items()}
    state, ids, losses, clipped = zeros(1), [0] + TEXT, [], 0
    for start in range(0, len(TEXT), window):
        inputs = torch.tensor(ids[start : min(start + window, len(TEXT))]).unsqueeze(1)
        targets = torch.tensor(TEXT[start : start + window])
        logits, state = model.forward(inputs, state)
        state = tuple(x.detach() for x in state)
        each = torch.nn.functional.cross_entropy(logits[:, 0], targets, reduction="none")
        losses += numbers(each)
        if len(targets) < window:
            break
        gradients = torch.autograd.grad(each.mean(), list(model.parameters.values()))
        with torch.no_grad():
            for (n, p), g in zip(model.parameters.items(), gradients):
                pull = decay * rms[n] / mean
                clipped += int((pull > 1).sum())
                p += pull.clamp(max=1) * (trained[n] - p) - rate * g / (rms[n] + epsilon)
    assert decay == 0 or clipped > 0
    return {
        **shapes(model, name, tied), "window": window, "rate": rate, "decay": decay, "epsilon": epsilon,
        "lanes": LANES, "laneWindow": T, "mean": number(mean), "losses": losses,
        "statistics": {n: numbers(r) for n, r in rms.items()},
        "parameterSums": {n: number(p.sum()) for n, p in model.parameters.items()},
    }


write("TsuzuriEvaluationTests", "cache", "adaptation.py", {
    "formula": FORMULA,
    "layout": "losses of each token of the text in nats, from a state of zeros and after token 0",
    "cases": [
        cached("plain", 9, 0.7, 0.3),
        cached("larger than the text", 100, 1.5, 0.6),
        cached("tied through a projection", 4, 0.2, 0.25, tied=True, width=E),
    ],
})
write("TsuzuriTrainingTests", "dynamic", "adaptation.py", {
    "formula": FORMULA,
    "layout": "lanes [B][windows * laneWindow + 1]; losses of each token of the text in nats, from a state of zeros "
    "and after token 0; statistics of each tensor in row-major order; the tensors' sums after the last window",
    "cases": [
        dynamic("without decay", 5, 0.02, 0, 0.002),
        dynamic("with decay", 5, 0.05, 0.2, 0.001),
        dynamic("tied", 7, 0.05, 0.2, 0.002, tied=True),
    ],
})
