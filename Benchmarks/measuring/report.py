"""A run's figures, as Markdown for people and as JSON for programs."""

import datetime
import json

from . import machine
from .program import Failure, invocation


def table(head, rows):
    """A Markdown table; all columns but the first hold figures."""
    rules = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, rules, *rows])


def figure(value):
    """A number with three digits that mean something, or whole.

    >>> figure(0.01234), figure(1.5), figure(35.61), figure(1234567.8)
    ('0.0123', '1.50', '35.6', '1,234,568')
    """
    for bound, decimals in [(0.1, 4), (10, 2), (100, 1)]:
        if abs(value) < bound:
            return f"{value:.{decimals}f}"
    return f"{value:,.0f}"


def comparison(title, turns):
    """A table's row: the peer's median, ours, and the median ratio with its spread.

    >>> from .rounds import Comparison
    >>> comparison("V65", Comparison("n", peer=[{"n": 2}] * 3, ours=[{"n": 3}, {"n": 4}, {"n": 6}]))
    ['V65', '2.00', '4.00', '2.00 (1.50 to 3.00)']
    """
    return [title, *map(figure, turns.medians), ratio(turns)]


def ratio(turns):
    """A median ratio with its spread."""
    low, high = turns.spread
    return f"{turns.ratio:.2f} ({low:.2f} to {high:.2f})"


def counted(number, noun):
    """A number of things.

    >>> counted(1, "round"), counted(2, "thread")
    ('1 round', '2 threads')
    """
    return f"{number:g} {noun}" + ("" if number == 1 else "s")


def publish(options, bench, versions, text, results):
    """Prints `text` with all that a figure needs to be believed, and writes the figures where `--json` says.

    - bench: the `machine.Bench` on which they were taken.
    - versions: versions by program, each a dictionary.
    """
    others = bench.others()
    host = machine.description() | {"cores": bench.cores, "others": others}
    made = datetime.date.today().isoformat()
    named = "; ".join(f"{program}: " + ", ".join(f"{key} {value}" for key, value in sorted(parts.items()))
                      for program, parts in versions.items())
    lines = [
        f"- Machine: {host['processor']} (family/model/stepping {host['family']}), {host['architecture']} with "
        f"{', '.join(host['instruction_sets']) or 'no vector extension that matters'}; "
        f"{len(bench.cores)} of {host['processors']} processors, {host['memory_bytes'] / 2**30:.0f} GiB; "
        f"{host['system']}; other programs kept {others:.2f} processors busy meanwhile.",
        f"- Versions: {named}.",
    ]
    if host["environment"]:
        lines.append("- Environment: " + " ".join(f"{key}={value}" for key, value in host["environment"].items()) + ".")
    lines.append(f"- Made on {made} by `{invocation()}`.")
    print(text.rstrip() + "\n\n" + "\n".join(lines))
    if options.json:
        document = {"command": invocation(), "date": made, "machine": host, "versions": versions,
                    "results": results}
        try:
            options.json.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        except OSError as error:
            raise Failure(f"{options.json}: cannot be written: {error.strerror}.") from None
