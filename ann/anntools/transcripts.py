"""Gene models of one contig as sorted columns, and where in a transcript a base lies."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ann.anntools.intervals import Intervals
from ann.anntools.texts import Bytes, Ints

# Room for a 1-based position on any contig below the transcript's number in one int64 key.
POSITION_BITS = 32


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where P bases lie in their transcripts, counted in the direction of the transcript.

    ``exon``, ``intron``: int64 (P,), number counted from 1, 0 where the base is not in one. ``cdna``: int64 (P,),
    1-based place in the spliced transcript; of a base in an intron that of the nearest exonic base, the earlier one
    where both are as near. ``offset``: int64 (P,), 0 in an exon, n > 0 for the n-th base after that exonic base, n < 0
    for the n-th before it.
    """

    exon: Ints
    intron: Ints
    cdna: Ints
    offset: Ints


@dataclass(frozen=True, kw_only=True)
class Transcripts:
    """T transcripts sorted by first base, then last, and E exons, each transcript's own ascending on the contig.

    Positions are 1-based inclusive. ``starts``, ``ends``: int64 (T,), first and last base. ``strand``: int8 (T,), 1 or
    -1. ``gene``: int64 (T,), row of ``genes`` (symbols) and ``gene_ids``. ``names``, ``biotypes``: (T,). Texts are
    Arrow binary arrays without characters that INFO reserves; what a source does not tell is empty.
    ``cds_start``, ``cds_end``: int64 (T,), first and last translated base on the contig including the stop codon, 1 and
    0 where nothing is translated. ``phase``: int8 (T,), how many bases at the beginning of the CDS (in the direction of
    the transcript) finish a codon that begins before it, 0 for most. ``start_known``, ``stop_known``: bool (T,),
    whether the CDS begins with its first and ends with its last codon, as far as the source tells; true where nothing
    is translated. ``exon_offsets``: int64 (T + 1,); the exons of transcript ``t`` are
    ``exon_starts[exon_offsets[t] : exon_offsets[t + 1]]`` (int64 (E,)), and so for ``exon_ends``.
    ``genetic_code``: number of NCBI's table, 1 or, for vertebrate mitochondria, 2. ``spliced``: uint8, the spliced
    sequences of all transcripts one after another, each in the direction of its transcript, capitals, None where no
    sequence is at hand; that of ``t`` is ``spliced[spliced_offsets[t] : spliced_offsets[t + 1]]``. ``early_stop``: bool
    (T,), whether the CDS has a stop codon before its last one that is not read as selenocysteine, None where nobody
    has looked.
    """

    starts: Ints
    ends: Ints
    strand: NDArray[np.int8]
    gene: Ints
    genes: pa.BinaryArray
    gene_ids: pa.BinaryArray
    names: pa.BinaryArray
    biotypes: pa.BinaryArray
    cds_start: Ints
    cds_end: Ints
    phase: NDArray[np.int8]
    start_known: NDArray[np.bool_]
    stop_known: NDArray[np.bool_]
    exon_offsets: Ints
    exon_starts: Ints
    exon_ends: Ints
    genetic_code: int = 1
    spliced: Bytes | None = None
    early_stop: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return self.starts.size

    @cached_property
    def coding(self) -> NDArray[np.bool_]:
        """Whether each transcript is translated, bool (T,)."""
        return self.cds_end >= self.cds_start

    @cached_property
    def exon_counts(self) -> Ints:
        """Number of exons of each transcript, int64 (T,)."""
        counts: Ints = np.diff(self.exon_offsets)
        return counts

    @cached_property
    def spliced_offsets(self) -> Ints:
        """Where each spliced transcript begins among all of them, int64 (T + 1,)."""
        sizes = np.concatenate(([0], np.cumsum(self.exon_ends - self.exon_starts + 1)))
        offsets: Ints = sizes[self.exon_offsets]
        return offsets

    @cached_property
    def lengths(self) -> Ints:
        """Bases of each spliced transcript, int64 (T,)."""
        lengths: Ints = np.diff(self.spliced_offsets)
        return lengths

    @cached_property
    def exon_before(self) -> Ints:
        """Bases of the spliced transcript before each exon, in the direction of the transcript, int64 (E,)."""
        sizes = self.exon_ends - self.exon_starts + 1
        before = np.cumsum(sizes) - sizes - np.repeat(self.spliced_offsets[:-1], self.exon_counts)
        after = np.repeat(self.lengths, self.exon_counts) - before - sizes
        directed: Ints = np.where(np.repeat(self.strand, self.exon_counts) > 0, before, after)
        return directed

    @cached_property
    def cds_first(self) -> Ints:
        """Place of the first translated base in the spliced transcript, 1-based, int64 (T,); 0 for none."""
        return self._cdna_of(np.where(self.strand > 0, self.cds_start, self.cds_end))

    @cached_property
    def cds_last(self) -> Ints:
        """Place of the last translated base in the spliced transcript, 1-based, int64 (T,); 0 for none."""
        return self._cdna_of(np.where(self.strand > 0, self.cds_end, self.cds_start))

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

    def place(self, transcript: Ints, position: Ints) -> Place:
        """Return where base ``position[i]``, which lies within ``transcript[i]``, is; arrays int64 (P,)."""
        forward = self.strand[transcript] > 0
        begun = self.exons_begun(transcript, position)
        exon = self.exon_offsets[transcript] + begun - 1
        left = position - self.exon_ends[exon]
        inside = left <= 0
        following = np.minimum(exon + 1, self.exon_offsets[transcript + 1] - 1)
        right = self.exon_starts[following] - position
        # In the middle of an intron the exon that is transcribed first counts as the nearer one.
        from_left = inside | np.where(forward, left <= right, left < right)
        nearest = np.where(from_left, exon, following)
        anchor = np.where(inside, position, np.where(from_left, self.exon_ends[exon], self.exon_starts[following]))
        offset = np.where(inside, 0, np.where(forward == from_left, 1, -1) * np.where(from_left, left, right))
        within = np.where(forward, anchor - self.exon_starts[nearest], self.exon_ends[nearest] - anchor)
        counts = self.exon_counts[transcript]
        return Place(
            exon=np.where(inside, np.where(forward, begun, counts - begun + 1), 0),
            intron=np.where(inside, 0, np.where(forward, begun, counts - begun)),
            cdna=self.exon_before[nearest] + within + 1,
            offset=offset,
        )

    def _cdna_of(self, position: Ints) -> Ints:
        rows = np.arange(len(self))
        safe = np.where(self.coding, position, self.starts)
        return np.where(self.coding, self.place(rows, safe).cdna, 0)

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
