"""Other programs, started and listened to."""

import json
import pathlib
import subprocess

from .program import Failure, ROOT


def output(arguments):
    """What a program writes to standard output; its own complaint where it fails."""
    arguments = [str(argument) for argument in arguments]
    shown = " ".join([pathlib.Path(arguments[0]).name, *arguments[1:]])
    try:
        result = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    except OSError as error:
        raise Failure(f"{arguments[0]}: cannot be started: {error.strerror}.") from None
    if result.returncode != 0:
        complaint = (result.stderr.strip() or result.stdout.strip() or "it says nothing").splitlines()
        raise Failure(f"'{shown}' ended with status {result.returncode}: " + "\n  ".join(complaint[-12:]))
    return result.stdout


def json_output(arguments, keys):
    """The JSON object that a program writes, which must have `keys`."""
    text = output(arguments)
    try:
        value = json.loads(text)
    except ValueError:
        raise Failure(f"{arguments[0]}: expected one JSON object on standard output, found '{text[:80]}'.") from None
    for key in keys:
        if key not in value:
            raise Failure(f"{arguments[0]}: expected the key '{key}' in its JSON, found {', '.join(value)}.")
    return value


class Command:
    """The `tsuzuri` that is measured."""

    def __init__(self, path):
        self.path = path.resolve()
        if not self.path.is_file():
            raise Failure(f"{path}: there is no command. Run 'make build', or name one with --command.")

    def json(self, *arguments, keys):
        """What a subcommand reports with `--json`."""
        return json_output([self.path, *arguments, "--json"], keys)

    def versions(self):
        """What `--version` says, by name, and the commit where the command was built from this source."""
        lines = [line.partition(" ") for line in output([self.path, "--version"]).splitlines()]
        versions = {name: version for name, _, version in lines}
        if self.path.is_relative_to(ROOT):
            try:
                versions["commit"] = output(["git", "-C", ROOT, "describe", "--always", "--dirty"]).strip()
            except Failure:
                # Source that came without its history has no commit to name.
                pass
        return versions
