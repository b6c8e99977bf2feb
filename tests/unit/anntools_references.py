"""A small reference of any contigs and bases, for tests that need no file."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ann.anntools.refdata import Contig, Reference, Release
from ann.anntools.texts import Bytes


class InMemory(Reference):
    """A reference without genes and tracks whose sequences are given; of contigs without one only lengths."""

    def sequence(self, contig: str) -> Bytes | None:
        bases: dict[str, bytes] = self.__dict__["bases"]
        return np.frombuffer(bases[contig], np.uint8) if contig in bases else None


def reference(assembly: str, bases: Mapping[str, bytes], lengths: Mapping[str, int] | None = None) -> Reference:
    """Return a reference whose contigs have ``bases``, and others that have only ``lengths``."""
    contigs = {**{name: len(sequence) for name, sequence in bases.items()}, **(lengths or {})}
    made = InMemory(
        folder=Path(),
        assembly=assembly,
        version="1",
        releases=(Release("sequence", assembly, "a test"),),
        contigs=contigs,
        files={},
        _contigs={
            name: Contig(name=name, length=length, genetic_code=1, flank=500, batch=None, sequence=None, spliced=None)
            for name, length in contigs.items()
        },
        _track_entries=(),
    )
    made.__dict__["bases"] = dict(bases)
    return made
