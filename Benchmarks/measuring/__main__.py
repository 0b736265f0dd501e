"""Tries the examples that stand in the documentation: python3 -m measuring, in Benchmarks."""

import doctest
import sys

from . import ngrams, report, rounds, rows

sys.exit(any([doctest.testmod(module).failed for module in [ngrams, report, rounds, rows]]))
