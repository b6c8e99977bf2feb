"""The commands of ``python -m ann.anntools refdata``: build, fetch, list, verify and remove references."""

import argparse
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from ann.anntools import recipe
from ann.anntools.assembly import canonical
from ann.anntools.errors import ReferenceDataError
from ann.anntools.fetch import fetch
from ann.anntools.recipe import Location, Recipe
from ann.anntools.refbuild import build
from ann.anntools.refdata import BUNDLE, HOME_VARIABLE, home, installed, read
from ann.anntools.refverify import problems

RECIPES = BUNDLE / "recipes"
DOWNLOADS = ".downloads"
DAMAGED = 1  # exit code of verify
EVERY = 2.0  # seconds between two lines of progress
MIB = 1 << 20


def add_commands(subparsers: Any) -> None:
    """Add ``refdata`` and its commands to argparse's ``subparsers``."""
    parser = subparsers.add_parser("refdata", help="build, fetch, list, verify and remove references")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="refdata_command")
    command = commands.add_parser("build", help="build a reference from the files that a sources.toml names")
    command.add_argument("--sources", metavar="FILE", type=Path, required=True, help="the sources.toml")
    command.add_argument("--out", metavar="DIR", type=Path, required=True, help="the folder to write")
    _add_home(command, "where downloads are kept")
    command = commands.add_parser("fetch", help="download the public files of an assembly and build its reference")
    command.add_argument("name", metavar="NAME", help="the assembly: " + ", ".join(_recipes()))
    _add_home(command, "where references are kept")
    command = commands.add_parser("list", help="list the references that are shipped and those that were fetched")
    _add_home(command, "where references are kept")
    command = commands.add_parser("verify", help="check the files and tables of a reference")
    command.add_argument("folder", metavar="DIR", type=Path)
    command = commands.add_parser("remove", help="remove a reference that was fetched")
    command.add_argument("name", metavar="NAME")
    _add_home(command, "where references are kept")


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit code, 1 where verify finds something wrong. Raises ReferenceDataError."""
    return COMMANDS[options.refdata_command](options)


def _build(options: argparse.Namespace) -> int:
    _built(recipe.load(options.sources), options.out, options.home)
    return 0


def _fetch(options: argparse.Namespace) -> int:
    name = canonical(options.name)
    if name not in _recipes():
        raise ReferenceDataError(f"There is no recipe for {options.name}; there are: {', '.join(_recipes())}.")
    _built(recipe.load(RECIPES / f"{name}.toml"), options.home / name, options.home)
    return 0


def _list(options: argparse.Namespace) -> int:
    for kind, folder in (("shipped", BUNDLE), ("fetched", options.home)):
        for path in installed(folder):
            try:
                reference = read(path)
            except ReferenceDataError as error:
                _print(f"{path.name}\t{kind}\t{error}")
                continue
            said = "; ".join(f"{release.kind}: {release.release}" for release in reference.releases)
            _print(f"{reference.assembly}\t{kind}\t{reference.version}\t{said}\t{path}")
    return 0


def _verify(options: argparse.Namespace) -> int:
    found = False
    for sentence in problems(options.folder):
        found = True
        _print(sentence)
    if not found:
        _print(f"{options.folder} is whole.")
    return DAMAGED if found else 0


def _remove(options: argparse.Namespace) -> int:
    wanted = canonical(options.name)
    path = next((path for path in installed(options.home) if path.name == wanted), None)
    if path is None or path == options.home:
        names = ", ".join(path.name for path in installed(options.home)) or "none"
        raise ReferenceDataError(f"There is no reference {options.name} in {options.home}; there are: {names}.")
    # Without its name at one stroke, so that nobody finds half of it.
    doomed = path.with_name(f".{path.name}.removed")
    if path.is_symlink():
        path.unlink()
    else:
        shutil.rmtree(doomed, ignore_errors=True)
        path.rename(doomed)
        shutil.rmtree(doomed)
    shutil.rmtree(options.home / DOWNLOADS / wanted, ignore_errors=True)
    _print(f"{path} was removed.")
    return 0


def _built(wanted: Recipe, out: Path, home_folder: Path) -> None:
    """Build a reference, downloading what has to be, and tell how it went."""
    downloads = home_folder / DOWNLOADS / canonical(wanted.name)
    reference, notes = build(wanted, out, lambda location: fetch(location, downloads, Meter(location)))
    for sentence in notes:
        print(sentence, file=sys.stderr)  # noqa: T201  the shell's user reads it here
    contigs, sources = len(reference.contigs), len(reference.tracks)
    _print(f"{reference.assembly} {reference.version}: {contigs:,} contigs and {sources:,} sources in {out}.")


class Meter:
    """Tells on standard error how much of a file has come, every few seconds."""

    def __init__(self, location: Location, clock: Callable[[], float] = time.monotonic) -> None:
        self._name = (location.url or "").rsplit("/", 1)[-1]
        self._clock = clock
        self._next = clock()

    def __call__(self, done: int, total: int | None) -> None:
        """Take how many bytes are there of how many, None for unknown."""
        if self._clock() < self._next and done != total:
            return
        self._next = self._clock() + EVERY
        of = f" of {total / MIB:,.1f}" if total is not None else ""
        print(f"{self._name}: {done / MIB:,.1f}{of} MiB", file=sys.stderr)  # noqa: T201  the shell's user reads it here


def _recipes() -> list[str]:
    return sorted(path.stem for path in RECIPES.glob("*.toml"))


def _add_home(command: argparse.ArgumentParser, what: str) -> None:
    command.add_argument("--home", metavar="DIR", type=Path, default=home(), help=f"{what}; {HOME_VARIABLE} says too")


def _print(text: str) -> None:
    print(text)  # noqa: T201  it is what the command is for


COMMANDS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    "build": _build,
    "fetch": _fetch,
    "list": _list,
    "verify": _verify,
    "remove": _remove,
}
