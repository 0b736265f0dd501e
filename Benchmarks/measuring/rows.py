"""The rows of Benchmarks/train: what is trained, on how many threads, beside what, and what is asked of it."""

import argparse
import re

# What is asked of each row, as a multiple of PyTorch's speed; the seventh and the eighth are the command's defaults.
PEER_ROWS = {
    "lstm-V65-E128-H128-L2-B50-T50": 1.8,
    "lstm-V65-E512-H512-L2-B64-T64": 1.5,
    "lstm-V10000-E200-H200-L2-B20-T20": 1.7,
    "lstm-V10000-E650-H650-L2-B20-T35": 1.25,
    "gru-V65-E512-H512-L2-B64-T64": 1.6,
    "lstm-V20000-E256-H256-L1-B32-T32": 1.7,
    "lstm-V65-E128-H256-L2-B32-T64": 1.2,
    "lstm-V322-E128-H256-L2-B32-T64": 1.2,
}
# Of the first six on one thread no more is asked than of any row.
LEAST, LEAST_MEAN = 1.2, 1.5
ONE_THREAD_ROWS = {f"{name}@1": LEAST for name in list(PEER_ROWS)[:6]}
# One cell beside another: how many times as fast it has to be. Peepholes may cost a tenth.
CELL_ROWS = {
    "gru/lstm-V65-E512-H512-L2-B64-T64": 1.15,
    "lstm-peephole/lstm-V65-E512-H512-L2-B64-T64": 1 / 1.1,
    "min-gru/gru-V65-E512-H512-L2-B16-T256": 3,
}
TARGETS = PEER_ROWS | ONE_THREAD_ROWS | CELL_ROWS

PEER_CELLS = {"lstm", "gru"}
OPTION_NAMES = {"V": "vocabulary-size", "E": "embedding-size", "H": "hidden-size", "L": "layers", "B": "batch-size",
                "T": "sequence-length"}
PATTERN = re.compile(r"([a-z0-9-]+?)(?:/([a-z0-9-]+?))?-" + "-".join(f"{letter}([1-9][0-9]*)" for letter in OPTION_NAMES)
                     + "(?:@([1-9][0-9]*))?")


class Row:
    """A row by its name: the cell and all six dimensions, then @ and the threads where they are not --threads.

    Two cells with / between them are compared with each other; one alone is compared with the peers.

    >>> row = Row("min-gru/gru-V65-E512-H500-L2-B16-T256@1")
    >>> row.cell, row.beside, row.sizes["H"], row.threads, row.title(2)
    ('min-gru', 'gru', 500, 1, 'V65 E512 H500 L2 B16 T256, 1 thread')
    >>> Row("lstm-V65-E128-H128-L2-B50-T50").title(2)
    'lstm V65 E128 H128 L2 B50 T50, 2 threads'
    >>> Row("gru-V65-E1-H2-L3-B4-T5").words("gru", 2, 0.5)
    ... # doctest: +NORMALIZE_WHITESPACE
    ['--cell', 'gru', '--vocabulary-size', '65', '--embedding-size', '1', '--hidden-size', '2', '--layers', '3',
     '--batch-size', '4', '--sequence-length', '5', '--seconds', '0.5', '--threads', '2']
    """

    def __init__(self, name):
        match = PATTERN.fullmatch(name)
        if not match or not match[2] and match[1] not in PEER_CELLS:
            raise ValueError(name)
        self.name, self.cell, self.beside = name, match[1], match[2]
        self.sizes = dict(zip(OPTION_NAMES, map(int, match.groups()[2:8]), strict=True))
        self.threads = int(match[9]) if match[9] else None

    @property
    def target(self):
        """What is asked of the row; of a pair of cells that is not in the list nothing is."""
        return TARGETS.get(self.name, None if self.beside else LEAST)

    def title(self, threads):
        """As a table calls it; `threads` where the row names none."""
        threads = self.threads or threads
        sizes = " ".join(f"{letter}{size}" for letter, size in self.sizes.items())
        return ("" if self.beside else f"{self.cell} ") + f"{sizes}, {threads} thread" + ("s" if threads > 1 else "")

    def words(self, cell, threads, seconds):
        """The options of every program that trains it."""
        words = ["--cell", cell]
        for letter, size in self.sizes.items():
            words += [f"--{OPTION_NAMES[letter]}", str(size)]
        return words + ["--seconds", f"{seconds:g}", "--threads", str(self.threads or threads)]


def row(text):
    """A row for argparse: its number in the list, or its name."""
    names = list(TARGETS)
    if text.isdecimal() and 1 <= int(text) <= len(names):
        text = names[int(text) - 1]
    try:
        return Row(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected a number from 1 to {len(names)}, a shape such as {names[0]}, or two cells such as "
            f"{list(CELL_ROWS)[0]}, found '{text}'") from None
