"""Losses, states and every gradient of small models of the LSTM's variants, in float64 by PyTorch's autograd.

The projected LSTM is torch.nn.LSTM with proj_size. Of the others torch.nn has none: each is a step of a few lines here.

Writes Tests/TsuzuriModelTests/Resources/lstm_variants.json. Run: python3 Tests/Reference/lstm_variants.py (needs torch).
"""

import torch

from reference import FORMULA, filled, numbers, write

V, E, H, L, B, T = 11, 5, 7, 2, 3, 6
P = 4


def lstm_1997(p, x, h, c):
    i, g, o = (p["weight_ih"] @ x + p["bias_ih"] + p["weight_hh"] @ h + p["bias_hh"]).chunk(3)
    c = c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def coupled(p, x, h, c):
    f, g, o = (p["weight_ih"] @ x + p["bias_ih"] + p["weight_hh"] @ h + p["bias_hh"]).chunk(3)
    f = f.sigmoid()
    c = f * c + (1 - f) * g.tanh()
    return o.sigmoid() * c.tanh(), c


def peephole(p, x, h, c):
    i, f, g, o = (p["weight_ih"] @ x + p["bias_ih"] + p["weight_hh"] @ h + p["bias_hh"]).chunk(4)
    i = (i + p["weight_ci"] * c).sigmoid()
    f = (f + p["weight_cf"] * c).sigmoid()
    c = f * c + i * g.tanh()
    return (o + p["weight_co"] * c).sigmoid() * c.tanh(), c


def normalized(p, x, h, c):
    def norm(values, gain, bias):
        return torch.nn.functional.layer_norm(values, values.shape, gain, bias, eps=1e-5)

    i, f, g, o = (
        norm(p["weight_ih"] @ x, p["gain_ih"], p["bias_ih"]) + norm(p["weight_hh"] @ h, p["gain_hh"], p["bias_hh"])
    ).chunk(4)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * norm(c, p["gain_c"], p["bias_c"]).tanh(), c


def stacked(step):
    """A function of the layers' parameters, the inputs [T, B, E] and the states, from a step of one lane."""

    def run(layers, inputs, states):
        for k, parameters in enumerate(layers):
            h, c = states[k]
            outputs = []
            for x in inputs:
                lanes = [step(parameters, x[lane], h[lane], c[lane]) for lane in range(B)]
                h, c = torch.stack([lane[0] for lane in lanes]), torch.stack([lane[1] for lane in lanes])
                outputs.append(h)
            inputs, states[k] = torch.stack(outputs), (h, c)
        return inputs, states

    return run


def projected(layers, inputs, states):
    weights = {f"{name}_l{k}": value for k, parameters in enumerate(layers) for name, value in parameters.items()}
    start = tuple(torch.stack([state[n] for state in states]) for n in range(2))
    output, (h, c) = torch.func.functional_call(
        torch.nn.LSTM(E, H, L, proj_size=P), weights, (inputs, start))
    return output, [(h[k], c[k]) for k in range(L)]


def case(name, run, gates, own, width=H):
    """`own`: the shapes of the tensors that stand after the four of every LSTM. `width`: that of h."""
    shapes = {"embedding.weight": (V, E)}
    for k in range(L):
        layer = {
            "weight_ih": (gates * H, E if k == 0 else width), "weight_hh": (gates * H, width),
            "bias_ih": (gates * H,), "bias_hh": (gates * H,), **own,
        }
        shapes.update({f"rnn.{role}_l{k}": shape for role, shape in layer.items()})
    shapes.update({"output.weight": (V, width), "output.bias": (V,)})
    tensors = {n: filled(shape, number).requires_grad_() for number, (n, shape) in enumerate(shapes.items())}
    # The states go on with the numbers: h and c of layer 0, then those of layer 1.
    starts = [
        filled((B, width if n % 2 == 0 else H), len(tensors) + n).requires_grad_() for n in range(2 * L)]
    inputs = torch.tensor([[(t * t + 3 * b + t // 2) % (V - 2) for b in range(B)] for t in range(T)])
    targets = torch.tensor([[(5 * t + 2 * b + 1) % V for b in range(B)] for t in range(T)])
    layers = [
        {n[len("rnn."):-len("_l0")]: p for n, p in tensors.items() if n.startswith("rnn.") and n.endswith(f"_l{k}")}
        for k in range(L)]
    output, states = run(
        layers, torch.nn.functional.embedding(inputs, tensors["embedding.weight"]),
        [(starts[2 * k], starts[2 * k + 1]) for k in range(L)])
    logits = torch.nn.functional.linear(output, tensors["output.weight"], tensors["output.bias"])
    losses = torch.nn.functional.cross_entropy(logits.reshape(-1, V), targets.reshape(-1), reduction="none")
    losses.mean().backward()
    return {
        "name": name, "losses": numbers(losses),
        "gradients": {n: numbers(p.grad) for n, p in tensors.items()},
        "startGradients": [numbers(start.grad) for start in starts],
        "finalStates": [numbers(value) for state in states for value in state],
    }


write("TsuzuriModelTests", "lstm_variants", "lstm_variants.py", {
    "formula": FORMULA,
    "layout": f"V {V}, E {E}, H {H}, P {P}, {L} layers; losses [T, B] with T {T}, B {B}; states [B, width], h and c of "
    "each layer, which take the numbers after the last tensor; gradients are those of the mean loss",
    "cases": [
        case("lstm-1997", stacked(lstm_1997), 3, {}),
        case("lstm-coupled", stacked(coupled), 3, {}),
        case("lstm-peephole", stacked(peephole), 4, {"weight_ci": (H,), "weight_cf": (H,), "weight_co": (H,)}),
        case("projected", projected, 4, {"weight_hr": (P, H)}, width=P),
        case("normalized", stacked(normalized), 4, {
            "gain_ih": (4 * H,), "gain_hh": (4 * H,), "gain_c": (H,), "bias_c": (H,)}),
    ],
})
