"""Where real text is found that is not part of the project."""

import os
import pathlib

from .program import Failure, ROOT


def find(name, hint=""):
    """A corpus by its name in the folder that TSUZURI_CORPORA names, or else in ../shared/corpora."""
    folder = os.environ.get("TSUZURI_CORPORA")
    path = (pathlib.Path(folder) if folder else ROOT.parent / "shared" / "corpora") / name
    if not path.is_file():
        raise Failure(f"{path}: there is no such file. Name the folder that holds {name} with TSUZURI_CORPORA{hint}.")
    return path


def given(path, standard):
    """The text that a person named on the command line, or else the corpus called `standard`."""
    if path is None:
        return find(standard, hint=", or another text on the command line")
    if not path.is_file():
        raise Failure(f"{path}: there is no such file. Name a text.")
    return path
