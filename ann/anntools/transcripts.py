"""Gene models of one contig as sorted columns."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ann.anntools.intervals import Intervals
from ann.anntools.texts import Texts

Ints = NDArray[np.int64]

# Room for a 1-based position on any contig below the transcript's number in one int64 key.
POSITION_BITS = 32


@dataclass(frozen=True, kw_only=True)
class Transcripts:
    """T transcripts sorted by first base and E exons, each transcript's own ascending; positions 1-based inclusive.

    ``starts``, ``ends``: int64 (T,), first and last base. ``strand``: int8 (T,), 1 or -1. ``gene``: int64 (T,), row
    of ``genes``. ``names``: identifiers, a dot where the source has none. ``biotype``: uint8 (T,), code.
    ``cds_start``, ``cds_end``: int64 (T,), first and last translated base including the stop codon, 1 and 0 where
    nothing is translated. ``frame``: int8 (T,), bases of the first coding exon that finish an earlier codon, -1
    where unknown. ``exon_offsets``: int64 (T + 1,); the exons of transcript ``t`` are
    ``exon_starts[exon_offsets[t] : exon_offsets[t + 1]]`` (int64 (E,)), and so for ``exon_ends``.
    """

    starts: Ints
    ends: Ints
    strand: NDArray[np.int8]
    gene: Ints
    genes: Texts
    names: Texts
    biotype: NDArray[np.uint8]
    cds_start: Ints
    cds_end: Ints
    frame: NDArray[np.int8]
    exon_offsets: Ints
    exon_starts: Ints
    exon_ends: Ints

    @property
    def coding(self) -> NDArray[np.bool_]:
        """Whether each transcript is translated, bool (T,)."""
        return self.cds_end >= self.cds_start

    @property
    def exon_counts(self) -> Ints:
        """Number of exons of each transcript, int64 (T,)."""
        return np.diff(self.exon_offsets)

    @cached_property
    def bodies(self) -> Intervals:
        """The transcripts from first to last base."""
        return Intervals(self.starts, self.ends)

    def exons_begun(self, transcript: Ints, position: Ints) -> Ints:
        """Return how many exons of ``transcript[i]`` have their first base at or before ``position[i]``."""
        return self._rank(self._start_keys, transcript, position)

    def exons_ended(self, transcript: Ints, position: Ints) -> Ints:
        """Return how many exons of ``transcript[i]`` have their last base at or before ``position[i]``."""
        return self._rank(self._end_keys, transcript, position)

    def _rank(self, keys: Ints, transcript: Ints, position: Ints) -> Ints:
        found = np.searchsorted(keys, (transcript << POSITION_BITS) + position, side="right")
        return found - self.exon_offsets[transcript]

    @cached_property
    def _start_keys(self) -> Ints:
        return self._keys(self.exon_starts)

    @cached_property
    def _end_keys(self) -> Ints:
        return self._keys(self.exon_ends)

    def _keys(self, positions: Ints) -> Ints:
        """Order all exons by transcript, then position, so that one search serves every transcript."""
        owner = np.repeat(np.arange(self.starts.size), self.exon_counts)
        return (owner << POSITION_BITS) + positions
