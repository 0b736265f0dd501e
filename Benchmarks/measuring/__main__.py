"""Tries the examples that stand in the documentation: python3 -m measuring, in Benchmarks."""

import doctest
import sys

from . import report, rounds, rows

sys.exit(any([doctest.testmod(module).failed for module in [report, rounds, rows]]))
