"""How a benchmark is called, and how it fails."""

import argparse
import os
import pathlib
import shlex
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
WORKSHOP = ROOT / ".build" / "benchmarks"
USAGE_STATUS = 64


class Failure(Exception):
    """The work failed; the message says what, where, and what to do."""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Leaves the description's lines as they are, and tells defaults that are one word."""

    def _get_help_string(self, action):
        told = isinstance(action.default, (int, float, str)) and action.default != argparse.SUPPRESS
        return action.help + (" (default: %(default)s)" if told and action.nargs != 0 else "")


class Parser(argparse.ArgumentParser):
    """Options that every benchmark has; wrong usage ends as the command's does."""

    def __init__(self, description):
        super().__init__(description=description, allow_abbrev=False, formatter_class=_Formatter)
        self.add_argument("--command", metavar="FILE", default=ROOT / ".build" / "release" / "tsuzuri",
                          type=pathlib.Path, help="the tsuzuri to measure (default: .build/release/tsuzuri)")
        self.add_argument("--json", metavar="FILE", type=pathlib.Path, help="write all figures there, too")

    def error(self, message):
        self.print_usage(sys.stderr)
        self.exit(USAGE_STATUS, f"{name()}: {message}\n")


def count(text):
    """A whole number above 0, for argparse."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, found '{text}'")
    return int(text)


def seconds(text):
    """A positive number of seconds, for argparse."""
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a positive number of seconds, found '{text}'")
    return value


def name():
    """The benchmark's name, as a person calls it."""
    return str(pathlib.Path(sys.argv[0]).resolve().relative_to(ROOT))


def invocation():
    """The line that repeats this run."""
    return shlex.join([name(), *sys.argv[1:]])


def tell(text):
    """Progress, beside the result."""
    print(text, file=sys.stderr, flush=True)


def run(main):
    """Runs a benchmark's `main`, and ends the process as it should end."""
    try:
        main()
        sys.stdout.flush()
    except Failure as failure:
        sys.exit(f"{name()}: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever reads has left; the interpreter would complain once more while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
