"""A reference: the gene models, the sequence and the annotation tracks of one assembly, read a contig at a time.

It is a folder, made by `ann.anntools.refbuild`:

    reference.json   what follows, as one object
        format       FORMAT
        assembly, version
        contigs      in the assembly's order, each: name, length, genetic_code, flank; batch, the contig's place in
                     genes.arrow; sequence and spliced, the first byte of the contig in the files of these names; each
                     of the three is null where there is nothing
        releases     each: kind, release, origin
        tracks       each: folder, and what `ann.anntools.tracks` wants to know of it
        files        size and sha256 of each file, by its path in the folder
    genes.arrow      Arrow IPC file, one record batch of `ann.anntools.gene_columns` per contig that has transcripts
    sequence.bin     all contigs one after another, ASCII capitals, N for what is not A, C, G or T
    spliced.bin      the spliced transcripts of all contigs, each contig as in `Transcripts`
    tracks/          a folder per track

The two sequences are memory-mapped and genes.arrow is read batch by batch, so that opening takes milliseconds and
only contigs in use take memory. The references that the engine ships have the same layout.
"""

import json
import mmap
import os
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ann.anntools.errors import ReferenceDataError
from ann.anntools.gene_columns import unpack
from ann.anntools.texts import Bytes
from ann.anntools.tracks import Track, open_track
from ann.anntools.transcripts import Transcripts

FORMAT = 2
HOME_VARIABLE = "ANNTOOLS_REFERENCES"
BUNDLE = Path(__file__).parent / "data"
DESCRIPTION, GENES, SEQUENCE, SPLICED = "reference.json", "genes.arrow", "sequence.bin", "spliced.bin"


@dataclass(frozen=True)
class Release:
    """One source of facts as the log names it: ``kind`` of fact, ``release``, and ``origin``, what carried it."""

    kind: str
    release: str
    origin: str


@dataclass(frozen=True, kw_only=True)
class Contig:
    """What reference.json says of a contig; ``flank`` in bases: how far upstream and downstream of a gene reach."""

    name: str
    length: int
    genetic_code: int
    flank: int
    batch: int | None
    sequence: int | None
    spliced: int | None


@dataclass(frozen=True, kw_only=True)
class Reference:
    """The tables of one assembly; ``contigs`` maps our contig names to their lengths, in the assembly's order.

    ``files``: size and sha256 of each file by its path in ``folder``.
    """

    folder: Path
    assembly: str
    version: str
    releases: tuple[Release, ...]
    contigs: dict[str, int]
    files: dict[str, dict[str, Any]] = field(repr=False)
    _contigs: dict[str, Contig] = field(repr=False)
    _track_entries: tuple[dict[str, Any], ...] = field(repr=False)
    _models: dict[str, Transcripts] = field(default_factory=dict, repr=False)

    @property
    def has_genes(self) -> bool:
        """Whether any contig has gene models."""
        return any(contig.batch is not None for contig in self._contigs.values())

    def flank(self, contig: str) -> int:
        """Return how many bases upstream and downstream of a transcript count as its neighbourhood."""
        return self._contigs[contig].flank

    def transcripts(self, contig: str) -> Transcripts | None:
        """Return the gene models of ``contig``, loaded at first use, None where it has none."""
        entry = self._contigs[contig]
        if entry.batch is None:
            return None
        if contig not in self._models:
            try:
                models = unpack(self._genes.get_batch(entry.batch), entry.genetic_code)
            except (pa.ArrowException, ValueError, IndexError, KeyError, OSError) as error:
                raise _unreadable(self.folder / GENES, error) from error
            if entry.spliced is not None:
                size = int(models.spliced_offsets[-1])
                models = replace(models, spliced=self._spliced.bases(entry.spliced, size))
            self._models[contig] = models
        return self._models[contig]

    def sequence(self, contig: str) -> Bytes | None:
        """Return the bases of ``contig``, uint8 ASCII that cannot be written to, None where they are not at hand."""
        entry = self._contigs[contig]
        if entry.sequence is None:
            return None
        return self._sequence.bases(entry.sequence, entry.length)

    @cached_property
    def tracks(self) -> tuple[Track, ...]:
        """The annotation tracks, in the order of the recipe, opened at first use."""
        return tuple(open_track(self.folder / entry["folder"], entry, self.sequence) for entry in self._track_entries)

    def release_pages(self) -> None:
        """Give the memory of the mapped files back to the system, which reads them again when they are needed."""
        for name in ("_sequence", "_spliced"):
            if name in self.__dict__:
                self.__dict__[name].release()
        for track in self.__dict__.get("tracks", ()):
            track.release_pages()

    @cached_property
    def _genes(self) -> pa.RecordBatchFileReader:
        return pa.ipc.open_file(pa.memory_map(str(self.folder / GENES)))

    @cached_property
    def _sequence(self) -> "_Mapped":
        return _Mapped(self.folder / SEQUENCE)

    @cached_property
    def _spliced(self) -> "_Mapped":
        return _Mapped(self.folder / SPLICED)


class _Mapped:
    """A file of bases in memory, read by the system when it is looked at."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with path.open("rb") as stream:
                self._map = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:  # a ValueError is an empty file
            raise _unreadable(path, error) from error
        self._data = np.frombuffer(self._map, np.uint8)

    def bases(self, first: int, size: int) -> Bytes:
        """Return ``size`` bytes from ``first``; raises ReferenceDataError where the file is shorter."""
        if first + size > self._data.size:
            raise _unreadable(self._path, f"it has {self._data.size} bytes, {first + size} are needed")
        return self._data[first : first + size]

    def release(self) -> None:
        """Drop the pages that are in memory."""
        self._map.madvise(mmap.MADV_DONTNEED)


def home() -> Path:
    """Return where fetched references are kept: what ANNTOOLS_REFERENCES says, else a folder of the user's."""
    return Path(os.environ.get(HOME_VARIABLE) or Path.home() / ".local" / "share" / "anntools")


@cache
def load(assembly: str | None, folder: Path | None = None) -> Reference:
    """Return the reference of ``assembly`` in ``folder``; a second call returns the same object.

    ``folder`` is a reference itself or holds one subfolder per assembly; None means the references that are shipped.
    Where ``assembly`` is None ``folder`` must hold one reference only. Raises ReferenceDataError where there is none,
    where it is of another assembly, damaged, or of another format version.
    """
    place = BUNDLE if folder is None else folder
    found = installed(place)
    if assembly is None and len(found) == 1:
        return read(found[0])
    if found == [place]:
        reference = read(place)
        if reference.assembly != assembly:
            raise ReferenceDataError(f"The reference in {place} is of {reference.assembly}, not of {assembly}.")
        return reference
    for path in found:
        if path.name == assembly:
            return read(path)
    names = ", ".join(path.name for path in found) or "none"
    raise ReferenceDataError(f"There is no reference of {assembly or 'one assembly'} in {place}; there are: {names}.")


def installed(folder: Path) -> list[Path]:
    """Return the references in ``folder``: itself, or the subfolders that are one, by name."""
    if (folder / DESCRIPTION).is_file():
        return [folder]
    # A name with a dot at its beginning is a build that has not finished.
    return sorted(path.parent for path in folder.glob(f"*/{DESCRIPTION}") if not path.parent.name.startswith("."))


def read(folder: Path) -> Reference:
    """Return the reference that ``folder`` is, as it is on disk now. Raises ReferenceDataError as `load` does."""
    path = folder / DESCRIPTION
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise ReferenceDataError(
                f"The reference in {folder} has format version {content['format']}, "
                f"this engine reads format version {FORMAT}."
            )
        contigs = {entry["name"]: Contig(**entry) for entry in content["contigs"]}
        return Reference(
            folder=folder,
            assembly=content["assembly"],
            version=content["version"],
            releases=tuple(Release(**entry) for entry in content["releases"]),
            contigs={name: contig.length for name, contig in contigs.items()},
            files=content["files"],
            _contigs=contigs,
            _track_entries=tuple(content["tracks"]),
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _unreadable(path, error) from error


def shipped_lengths() -> dict[str, dict[str, int]]:
    """Return the lengths of the contigs of each assembly that is shipped."""
    return {path.name: load(path.name).contigs for path in installed(BUNDLE)}


def _unreadable(path: Path, why: object) -> ReferenceDataError:
    if isinstance(why, KeyError):
        why = f"it lacks {why}"
    return ReferenceDataError(f"The reference file {path} cannot be read: {why}.")
