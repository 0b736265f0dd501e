"""The peers' Python, and peers that are compiled."""

import os
import shutil

from . import process
from .program import Failure, ROOT, WORKSHOP

FOLDER = ROOT / "Benchmarks" / "peers"


def python():
    """The Python that has torch: the one that PYTHON names, or .build/peers/bin/python."""
    named = os.environ.get("PYTHON")
    asked = named or ROOT / ".build" / "peers" / "bin" / "python"
    found = shutil.which(asked)
    if found is None:
        raise Failure(f"{asked}: there is no such Python{', which PYTHON names' if named else ''}. Run 'make "
                      "benchmark-peers', or name with PYTHON one that has torch and numpy.")
    return found


def compiled(name, *flags):
    """The program of Benchmarks/peers/NAME.c, compiled where it is older than its source."""
    source, binary = FOLDER / f"{name}.c", WORKSHOP / name
    if binary.exists() and binary.stat().st_mtime > source.stat().st_mtime:
        return binary
    compiler = next(filter(None, map(shutil.which, [os.environ.get("CC", ""), "cc", "clang", "gcc"])), None)
    if compiler is None:
        raise Failure("there is no C compiler on the PATH (cc, clang or gcc). Install one, or name it with CC.")
    binary.parent.mkdir(parents=True, exist_ok=True)
    process.output([compiler, "-O2", "-Wall", "-Wextra", "-o", binary, source, *flags])
    return binary
