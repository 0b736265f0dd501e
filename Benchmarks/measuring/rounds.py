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


def in_turns(rounds, title, key, peer, ours):
    """Calls `peer` and `ours` one after the other, A B A B …, and compares what they report under `key`.

    >>> turns = in_turns(2, "steps", "n", iter([{"n": 1}, {"n": 3}]).__next__, iter([{"n": 2}, {"n": 4}]).__next__)
    >>> turns.ratios
    [2.0, 1.3333333333333333]
    """
    reports = [], []
    for number in range(1, rounds + 1):
        for measure, into in zip([peer, ours], reports, strict=True):
            into.append(measure())
        shown = [f"{into[-1][key]:,.1f}" for into in reports]
        tell(f"{title}, round {number} of {rounds}: the peer {shown[0]}, Tsuzuri {shown[1]}")
    return Comparison(key, *reports)
