"""Measuring two programs in turns, and what the turns come to."""

import statistics

from .program import tell


class Comparison:
    """The reports of rounds in which a peer and Tsuzuri were measured, one directly after the other.

    A machine's speed drifts, so the two figures of a round are divided by each other before anything is averaged.

    >>> drifting = Comparison("speed", peer=[{"speed": 10}, {"speed": 20}, {"speed": 30}],
    ...                       ours=[{"speed": 20}, {"speed": 40}, {"speed": 90}])
    >>> drifting.ratios, drifting.ratio, drifting.spread
    ([2.0, 2.0, 3.0], 2.0, (2.0, 3.0))
    >>> drifting.medians
    (20, 40)
    """

    def __init__(self, key, peer, ours):
        self.key, self.peer, self.ours = key, peer, ours
        self.ratios = [b[key] / a[key] for a, b in zip(peer, ours, strict=True)]
        self.ratio = statistics.median(self.ratios)
        self.spread = min(self.ratios), max(self.ratios)
        self.medians = tuple(statistics.median(run[key] for run in runs) for runs in [peer, ours])

    def json(self):
        """All of it."""
        return {"ratio": self.ratio, "ratios": self.ratios, "peer": self.peer, "tsuzuri": self.ours}


def in_turns(rounds, title, key, **programs):
    """Calls each of `programs` one after the other, A B C A B C …: their reports, by name; each must have `key`.

    >>> reports = in_turns(2, "steps", "n", peer=iter([{"n": 1}, {"n": 3}]).__next__,
    ...                    ours=iter([{"n": 2}, {"n": 4}]).__next__)
    >>> Comparison("n", **reports).ratios
    [2.0, 1.3333333333333333]
    """
    reports = {name: [] for name in programs}
    for number in range(1, rounds + 1):
        for name, measure in programs.items():
            reports[name].append(measure())
        shown = ", ".join(f"{name} {runs[-1][key]:,.1f}" for name, runs in reports.items())
        tell(f"{title}, round {number} of {rounds}: {shown}")
    return reports
