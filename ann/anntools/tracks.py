"""Tracks: the sources that are joined to records, as `ann.anntools.track_build` compiled them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from ann.anntools.alleles import AlleleTrack
from ann.anntools.errors import ReferenceDataError
from ann.anntools.header import InfoKey
from ann.anntools.overlap import OverlapTrack
from ann.anntools.texts import Bytes, Ints
from ann.anntools.variants import Alleles

Sequences = Callable[[str], Bytes | None]
OVERLAP, ALLELE = "overlap", "allele"


class Track(Protocol):
    """A source at run time.

    ``keys`` are the INFO keys that it may add, under the names that it writes. Positions are 1-based inclusive;
    ``first``, ``last``: int64 (N,), the REF span of each of N records of one contig; ``alleles`` are theirs.
    """

    name: str
    release: str
    keys: tuple[InfoKey, ...]

    def renamed(self, names: Mapping[str, str]) -> "Track":
        """Return the same track with other INFO names, ``names`` by the present ones."""
        ...

    def texts(self, contig: str, first: Ints, last: Ints, alleles: Alleles) -> pa.BinaryArray:
        """Return ``;KEY=value…`` for each record (N,), empty where the source says nothing of it."""
        ...

    def ids(self, contig: str, alleles: Alleles, records: int) -> pa.BinaryArray | None:
        """Return the identifiers of each record joined with semicolons (N,), empty for none.

        None where the source does not give identifiers.
        """
        ...

    def release_pages(self) -> None:
        """Give the memory of what was read back to the system, which reads it again when it is needed."""
        ...


def open_track(folder: Path, entry: Mapping[str, Any], sequence: Sequences | None = None) -> Track:
    """Return the track in ``folder``; ``entry`` is what `ann.anntools.track_build.compile_source` returned.

    ``sequence`` lets indels that stand elsewhere in a repeat be found; without it only the same place counts. Raises
    ReferenceDataError where the files cannot be used.
    """
    try:
        if entry["match"] == ALLELE:
            return AlleleTrack(folder, entry, sequence or (lambda _: None))
        return OverlapTrack(folder, entry)
    except (OSError, KeyError, TypeError, ValueError, pa.ArrowException) as error:
        raise ReferenceDataError(f"The track in {folder} cannot be read: {error}.") from error
