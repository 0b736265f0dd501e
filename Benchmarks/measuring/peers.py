"""The peers' Python, and peers that are compiled."""

import hashlib
import os
import pathlib
import shutil

from . import process
from .program import Failure, ROOT, WORKSHOP

FOLDER = ROOT / "Benchmarks" / "peers"


def python(variable="PYTHON"):
    """The Python that has a peer: the one that the variable names, or .build/peers/bin/python."""
    named = os.environ.get(variable)
    asked = named or ROOT / ".build" / "peers" / "bin" / "python"
    found = shutil.which(asked)
    if found is None:
        raise Failure(f"{asked}: there is no such Python{f', which {variable} names' if named else ''}. Run 'make "
                      f"benchmark-peers', or name with {variable} one that has what the peer needs.")
    return found


def compiled(name, *flags):
    """The program of Benchmarks/peers/NAME.c, compiled where its source, the compiler or the processor is another."""
    compiler = next(filter(None, map(shutil.which, [os.environ.get("CC", ""), "cc", "clang", "gcc"])), None)
    if compiler is None:
        raise Failure("there is no C compiler on the PATH (cc, clang or gcc). Install one, or name it with CC.")
    source = FOLDER / f"{name}.c"
    processor = [line for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("flags")][:1]
    key = hashlib.sha256(repr([source.read_bytes(), compiler, flags, processor]).encode()).hexdigest()[:16]
    binary = WORKSHOP / f"{name}-{key}"
    if binary.exists():
        return binary
    binary.parent.mkdir(parents=True, exist_ok=True)
    process.output([compiler, "-O2", "-Wall", "-Wextra", "-o", binary, source, *flags])
    return binary
