"""Small gene models and alleles by hand, and a slow way to say what an allele does to a protein."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ann.anntools.effects import TERMS, Effects
from ann.anntools.texts import Bytes, from_list
from ann.anntools.transcripts import Transcripts
from ann.anntools.variants import Alleles, Kind

TO_COMPLEMENT = bytes.maketrans(b"ACGT", b"TGCA")
Change = tuple[int, bytes, bytes]  # POS, REF, ALT


def reverse_complement(bases: bytes) -> bytes:
    return bases.translate(TO_COMPLEMENT)[::-1]


def array(bases: bytes) -> Bytes:
    return np.frombuffer(bases, np.uint8)


@dataclass(frozen=True, kw_only=True)
class Model:
    """One transcript: exons and CDS as on the contig, 1-based inclusive."""

    exons: Sequence[tuple[int, int]]
    cds: tuple[int, int] = (1, 0)
    strand: int = 1
    phase: int = 0
    start_known: bool = True
    stop_known: bool = True

    def spliced(self, contig: bytes) -> bytes:
        bases = b"".join(contig[first - 1 : last] for first, last in self.exons)
        return bases if self.strand > 0 else reverse_complement(bases)


def transcripts(models: Sequence[Model], contig: bytes | None, genetic_code: int = 1) -> Transcripts:
    """Return the models, which are sorted by place; without sequence where there is no contig."""
    names = pa.array([b"t%d" % number for number in range(len(models))], pa.binary())
    exons = [exon for model in models for exon in model.exons]
    return Transcripts(
        starts=np.array([model.exons[0][0] for model in models], np.int64),
        ends=np.array([model.exons[-1][1] for model in models], np.int64),
        strand=np.array([model.strand for model in models], np.int8),
        gene=np.arange(len(models)),
        genes=names,
        gene_ids=names,
        names=names,
        biotypes=names,
        cds_start=np.array([model.cds[0] for model in models], np.int64),
        cds_end=np.array([model.cds[1] for model in models], np.int64),
        phase=np.array([model.phase for model in models], np.int8),
        start_known=np.array([model.start_known for model in models], np.bool_),
        stop_known=np.array([model.stop_known for model in models], np.bool_),
        exon_offsets=np.cumsum([0, *(len(model.exons) for model in models)]),
        exon_starts=np.array([first for first, _ in exons], np.int64),
        exon_ends=np.array([last for _, last in exons], np.int64),
        genetic_code=genetic_code,
        spliced=None if contig is None else array(b"".join(model.spliced(contig) for model in models)),
    )


def trimmed(change: Change) -> Change:
    position, ref, alt = change
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while ref and alt and ref[0] == alt[0]:
        position, ref, alt = position + 1, ref[1:], alt[1:]
    return position, ref, alt


def alleles(changes: Sequence[Change]) -> Alleles:
    """Return changes of bases, each one record."""
    cut = [trimmed(change) for change in changes]
    starts = np.array([position for position, _, _ in cut], np.int64)
    return Alleles(
        record=np.arange(len(cut)),
        number=np.zeros(len(cut), np.int64),
        kind=np.array([Kind.SEQUENCE if ref or alt else Kind.NONE for _, ref, alt in cut], np.uint8),
        start=starts,
        end=starts + np.array([len(ref) - 1 for _, ref, _ in cut], np.int64),
        ref=from_list([ref for _, ref, _ in cut]),
        alt=from_list([alt for _, _, alt in cut]),
        written=from_list([alt for _, _, alt in changes]),
    )


def symbolic(spans: Sequence[tuple[int, int, Kind]]) -> Alleles:
    """Return symbolic alleles by first and last base, each one record."""
    nothing = from_list([b""] * len(spans))
    return Alleles(
        record=np.arange(len(spans)),
        number=np.zeros(len(spans), np.int64),
        kind=np.array([kind for _, _, kind in spans], np.uint8),
        start=np.array([first for first, _, _ in spans], np.int64),
        end=np.array([last for _, last, _ in spans], np.int64),
        ref=nothing,
        alt=nothing,
        written=nothing,
    )


def names(terms: int) -> set[str]:
    """Return the names of a set of terms."""
    return {term.name for place, term in enumerate(TERMS) if terms >> place & 1}


def called(effects: Effects) -> list[set[str]]:
    """Return the terms of all pairs."""
    return [names(int(terms)) for terms in effects.terms]


def peptides(effects: Effects) -> list[tuple[int, bytes, bytes, bool]]:
    """Return first amino acid, before, after, and whether the frame shifts, of all changes of proteins."""
    change = effects.peptides
    assert change is not None
    return [
        (int(change.first[row]), change.ref[row], change.alt[row], bool(change.frameshift[row]))
        for row in range(change.pair.size)
    ]
