"""States of torch.nn modules as their owners save them, and a text's loss before and after PyTorch trains them on.

Writes Tests/TsuzuriCommandTests/Resources/torch_states.json and a NAME.safetensors beside it for each case. Run:
python3 Tests/Reference/torch_states.py (needs torch and safetensors).
"""

import os

import torch
from safetensors.torch import save_file

from reference import TESTS, mean_cross_entropy, number, write

B, T, STEPS, RATE, CLIP_NORM = 3, 6, 6, 0.5, 0.4
# The rows stand in an order that is not ours: <eos> is not the first.
TOKENS = ["ka", "ki", "ku", "<eos>", "ke", "ko", "sa", "<unk>", "shi", "su", "se"]
WORDS = [token for token in TOKENS if not token.startswith("<")]


def text(lines, factor):
    """Lines of two to six words; which word follows depends on the two before it, so that there is something to learn."""
    words, a, b = [], 1, 2
    for line in range(lines):
        row = []
        for place in range(2 + (line * factor) % 5):
            a, b = b, (a * factor + b + place // 3) % len(WORDS)
            row.append(WORDS[b])
        words.append(" ".join(row))
    return "\n".join(words) + "\n"


def ids(content):
    """<eos>, then the tokens, <eos> at the end of each line."""
    row = ["<eos>"]
    for line in content.splitlines():
        row += line.split() + ["<eos>"]
    return torch.tensor([TOKENS.index(token) for token in row])


class Model(torch.nn.Module):
    """An embedding, a recurrent stack and a linear output, called as each case calls them."""

    def __init__(self, names, layers, E, output):
        super().__init__()
        self.names = names
        self.add_module(names[1], torch.nn.Embedding(len(TOKENS), E))
        self.add_module(names[0], layers)
        self.add_module(names[2], torch.nn.Linear(output, len(TOKENS)))

    def forward(self, inputs, state=None):
        stack, embedding, output = (getattr(self, name) for name in self.names)
        hidden, state = stack(embedding(inputs), state)
        return output(hidden), state


def loss(model, content):
    """The mean over the tokens of a text, read in one go from a state of zeros."""
    row = ids(content)
    with torch.no_grad():
        return number(mean_cross_entropy(model(row[:-1, None])[0], row[1:, None]))


def trained(model, content):
    """The model after a few steps of gradient descent on carried, detached states."""
    row = ids(content)
    length = (len(row) - 1) // B
    assert length >= STEPS * T, length
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    state = None
    for step in range(STEPS):
        places = [lane * length + step * T for lane in range(B)]
        inputs = torch.stack([row[p : p + T] for p in places], dim=1)
        targets = torch.stack([row[p + 1 : p + T + 1] for p in places], dim=1)
        optimizer.zero_grad()
        logits, state = model(inputs, state)
        state = tuple(x.detach() for x in state) if isinstance(state, tuple) else state.detach()
        result = mean_cross_entropy(logits, targets)
        result.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)
        optimizer.step()
    return model


def case(name, cell, names, layers, E, output, options=(), has_output_bias=True):
    model = Model(names, layers, E, output)
    if not has_output_bias:
        torch.nn.init.zeros_(getattr(model, names[2]).bias)
    state = {key: value.float().contiguous() for key, value in model.state_dict().items()}
    model.load_state_dict({key: value.double() for key, value in state.items()})
    if not has_output_bias:
        del state[names[2] + ".bias"]
    save_file(state, os.path.join(TESTS, "TsuzuriCommandTests", "Resources", name + ".safetensors"), {"format": "pt"})
    training, held_out = text(60, 4), text(12, 7)
    prefixes = zip(["--rnn-prefix", "--embedding-prefix", "--output-prefix"], names)
    return {
        "name": name, "cell": cell, "prefixes": [word for pair in prefixes for word in pair], "options": list(options),
        "tokens": TOKENS, "training": training, "heldOut": held_out,
        "lossBefore": loss(model, held_out), "lossAfter": loss(trained(model, training), held_out),
    }


os.makedirs(os.path.join(TESTS, "TsuzuriCommandTests", "Resources"), exist_ok=True)
torch.manual_seed(3)
write("TsuzuriCommandTests", "torch_states", "torch_states.py", {
    "layout": f"{STEPS} steps of SGD at {RATE}, B {B}, T {T}, norm clipped to {CLIP_NORM}; losses in nats a token",
    "cases": [
        case("torch-lstm", "lstm", ["lstm", "encoder", "decoder"], torch.nn.LSTM(5, 7, 2), 5, 7),
        case("torch-lstm-projected", "lstm", ["recurrent", "embed", "head"],
             torch.nn.LSTM(5, 7, 2, proj_size=4), 5, 4),
        # E = H and no bias of the output: shapes do not tell which matrix is which.
        case("torch-gru", "gru", ["recurrent", "tokens_in", "tokens_out"], torch.nn.GRU(7, 7, 2), 7, 7,
             has_output_bias=False),
        case("torch-rnn", "rnn", ["elman", "embed", "head"], torch.nn.RNN(5, 7, 3), 5, 7),
        case("torch-rnn-relu", "rnn-relu", ["elman", "embed", "head"],
             torch.nn.RNN(5, 7, 2, nonlinearity="relu"), 5, 7, options=["--cell", "rnn-relu"]),
    ],
})
