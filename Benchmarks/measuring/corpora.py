"""Where real text is found that is not part of the project."""

import os
import pathlib

from .program import Failure, ROOT


def find(name):
    """A corpus by its name in the folder that TSUZURI_CORPORA names, or else in ../shared/corpora."""
    folder = os.environ.get("TSUZURI_CORPORA")
    folder = pathlib.Path(folder) if folder else ROOT.parent / "shared" / "corpora"
    path = folder / name
    if not path.is_file():
        raise Failure(f"{path}: there is no such file. Name another one on the command line, or the folder that holds "
                      f"{name} with TSUZURI_CORPORA.")
    return path


def given(path):
    """A corpus that a person named."""
    if not path.is_file():
        raise Failure(f"{path}: there is no such file.")
    return path
