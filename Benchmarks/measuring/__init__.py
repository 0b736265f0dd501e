"""What the benchmarks share: the machine, the command, rounds in turns, and the report."""
