"""Five training steps with carried, detached state: truncated backpropagation, clipping and optimizers together.

Writes Tests/TsuzuriTrainingTests/Resources/training.json. Run: python3 Tests/Reference/training.py (needs torch).
"""

import torch

from reference import FORMULA, LanguageModel, mean_cross_entropy, number, numbers, write

V, E, H, L, B, T, STEPS, CLIP_NORM = 11, 5, 7, 2, 3, 6, 5, 0.26
# The clip norm lies among the norms that occur, so that some steps are clipped and some are not.
LENGTH = STEPS * T + 1

# Lane b reads its own sequence; window s reads places s·T to (s+1)·T and is scored on the places after them.
lanes = [[(n * n + 4 * b + n // 3) % V for n in range(LENGTH)] for b in range(B)]


def sampled(parameters):
    """The first, the middle and the last element of each tensor."""
    result = {}
    for name, tensor in parameters.items():
        values = numbers(tensor)
        result[name] = [values[0], values[len(values) // 2], values[-1]]
    return result


def case(name, options, make_optimizer, tied=False):
    width = H if tied else E
    model = LanguageModel(V, width, H, L, tied)
    optimizer = make_optimizer(model.parameters.values())
    state = (torch.zeros(L, B, H), torch.zeros(L, B, H))
    ids = torch.tensor(lanes).T
    steps = []
    for s in range(STEPS):
        inputs, targets = ids[s * T : (s + 1) * T], ids[s * T + 1 : (s + 1) * T + 1]
        optimizer.zero_grad()
        logits, state = model.forward(inputs, state)
        state = tuple(x.detach() for x in state)
        loss = mean_cross_entropy(logits, targets)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters.values(), CLIP_NORM)
        optimizer.step()
        steps.append({
            "loss": number(loss), "norm": number(norm), "parameters": sampled(model.parameters),
            "parameterSum": number(sum(p.detach().sum() for p in model.parameters.values())),
            "finalHidden": numbers(state[0]), "finalCell": numbers(state[1]),
        })
    return {
        "name": name, **options,
        "vocabularySize": V, "embeddingSize": width, "hiddenSize": H, "layerCount": L,
        "batchSize": B, "sequenceLength": T, "isTied": tied,
        "clipNorm": CLIP_NORM, "tensors": model.description(), "lanes": lanes, "steps": steps,
    }


adamw = {"optimizer": "adamw", "learningRate": 0.01, "momentum": 0.0, "weightDecay": 0.01}
sgd = {"optimizer": "sgd", "learningRate": 0.5, "momentum": 0.9, "weightDecay": 0.0}


def make_adamw(parameters):
    return torch.optim.AdamW(parameters, lr=adamw["learningRate"], weight_decay=adamw["weightDecay"])


def make_sgd(parameters):
    return torch.optim.SGD(parameters, lr=sgd["learningRate"], momentum=sgd["momentum"])


write("TsuzuriTrainingTests", "training", "training.py", {
    "formula": FORMULA,
    "layout": "lanes [B][STEPS * T + 1]; states [L, B, H], zero before the first step, carried without gradient; "
    "of each tensor the elements 0, count / 2 and count - 1 after the step; parameterSum over all tensors",
    "cases": [
        case("AdamW", adamw, make_adamw),
        case("SGD with momentum", sgd, make_sgd),
        case("AdamW, tied", adamw, make_adamw, tied=True),
    ],
})
