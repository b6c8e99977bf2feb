"""Small genomes with transcripts on both strands, and HGVS names of alleles on them by counting one base at a time."""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from ann.anntools.texts import from_list
from ann.anntools.transcripts import Transcripts
from ann.anntools.variants import Alleles, Kind

STANDARD = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"
NAME = re.compile(r"([cn])\.([-*+0-9]+?)(?:_([-*+0-9]+))?(?:([A-Z])>([A-Z])|(delins|del|dup|ins)([A-Z]*))$")
PAIRS = {"A": "T", "C": "G", "G": "C", "T": "A", "N": "N"}


@dataclass(frozen=True)
class Gene:
    """A transcript: exons and CDS 1-based inclusive on the contig; ``cds`` is None where nothing is translated."""

    exons: tuple[tuple[int, int], ...]
    strand: int
    cds: tuple[int, int] | None = None
    phase: int = 0


def opposite(bases: str) -> str:
    return "".join(PAIRS[base] for base in reversed(bases))


def spliced(gene: Gene, genome: str) -> str:
    bases = "".join(genome[start - 1 : end] for start, end in gene.exons)
    return bases if gene.strand > 0 else opposite(bases)


def transcripts_of(genes: list[Gene], genome: str, genetic_code: int = 1) -> Transcripts:
    """Return the columns of genes that are sorted by first base, then last."""
    count = len(genes)
    exons = [exon for gene in genes for exon in gene.exons]
    texts = pa.array([b""] * count, pa.binary())
    return Transcripts(
        starts=np.array([gene.exons[0][0] for gene in genes]),
        ends=np.array([gene.exons[-1][1] for gene in genes]),
        strand=np.array([gene.strand for gene in genes], np.int8),
        gene=np.arange(count),
        genes=texts,
        gene_ids=texts,
        names=texts,
        biotypes=texts,
        cds_start=np.array([gene.cds[0] if gene.cds else 1 for gene in genes]),
        cds_end=np.array([gene.cds[1] if gene.cds else 0 for gene in genes]),
        phase=np.array([gene.phase for gene in genes], np.int8),
        start_known=np.ones(count, np.bool_),
        stop_known=np.ones(count, np.bool_),
        exon_offsets=np.cumsum([0, *(len(gene.exons) for gene in genes)]),
        exon_starts=np.array([start for start, _ in exons]),
        exon_ends=np.array([end for _, end in exons]),
        genetic_code=genetic_code,
        spliced=bases_of("".join(spliced(gene, genome) for gene in genes)),
    )


def bases_of(text: str) -> np.ndarray:
    return np.frombuffer(text.encode(), np.uint8)


def alleles_of(changes: list[tuple[int, str, str]], kinds: list[Kind] | None = None) -> Alleles:
    """Return alleles that put the second text in place of the first at a 1-based position; nothing is trimmed."""
    start = np.array([position for position, _, _ in changes], np.int64)
    ref = from_list([ref.encode() for _, ref, _ in changes])
    alt = from_list([alt.encode() for _, _, alt in changes])
    return Alleles(
        record=np.arange(len(changes)),
        number=np.zeros(len(changes), np.int64),
        kind=np.array(kinds or [Kind.SEQUENCE] * len(changes), np.uint8),
        start=start,
        end=start + ref.sizes - 1,
        ref=ref,
        alt=alt,
        written=alt,
    )


@st.composite
def genomes(draw: st.DrawFn) -> tuple[str, Gene]:
    """Draw a genome of few different bases, so that repeats are common, and a transcript on it."""
    edges = sorted(draw(st.sets(st.integers(6, 75), min_size=2, max_size=8)))
    edges = edges[: len(edges) // 2 * 2]
    exons = tuple(zip(edges[::2], edges[1::2], strict=True))
    genome = draw(st.text(draw(st.sampled_from(["AC", "ACGT"])), min_size=edges[-1] + 1, max_size=edges[-1] + 6))
    exonic = [base for start, end in exons for base in range(start, end + 1)]
    cds = draw(
        st.none() | st.tuples(st.sampled_from(exonic), st.sampled_from(exonic)).map(lambda ends: tuple(sorted(ends)))
    )
    return genome, Gene(exons, draw(st.sampled_from([1, -1])), cds)


@lru_cache(maxsize=32)
def numbering(gene: Gene, genome: str) -> dict[int, str]:
    """Return the HGVS number of every base of the genome, walking along the transcript."""
    order = list(range(1, len(genome) + 1))[:: gene.strand]
    exonic = [base for base in order if any(start <= base <= end for start, end in gene.exons)]
    translated = [base for base in exonic if gene.cds[0] <= base <= gene.cds[1]] if gene.cds else exonic
    outer = order.index(exonic[0]), order.index(exonic[-1])
    lead = order[: outer[0]] + exonic[: exonic.index(translated[0])]
    trail = exonic[exonic.index(translated[-1]) + 1 :] + order[outer[1] + 1 :]
    numbers = {base: f"-{count}" for count, base in enumerate(reversed(lead), 1)}
    numbers |= {base: str(count) for count, base in enumerate(translated, 1)}
    numbers |= {base: f"*{count}" for count, base in enumerate(trail, 1)}
    for donor, acceptor in pairwise(exonic):
        length = abs(acceptor - donor) - 1
        for down in range(1, length + 1):
            up = length + 1 - down
            near = f"{numbers[donor]}+{down}" if down <= up else f"{numbers[acceptor]}-{up}"
            numbers[donor + down * gene.strand] = near
    return numbers


def changed(genome: str, change: tuple[int, str, str]) -> str:
    position, ref, alt = change
    return genome[: position - 1] + alt + genome[position - 1 + len(ref) :]


def apply(written: str, gene: Gene, genome: str) -> str:
    """Return the genome that a name describes, read in the direction of the transcript."""
    kind, first, last, ref, alt, edit, bases = NAME.fullmatch(written).groups()
    assert kind == ("c" if gene.cds else "n")
    places = {number: base for base, number in numbering(gene, genome).items()}
    ends = sorted((places[first], places[last or first]))
    start, end = ends
    new = "".join(bases or "") if gene.strand > 0 else opposite(bases or "")
    if ref:
        assert genome[start - 1] == (ref if gene.strand > 0 else opposite(ref))
        new = alt if gene.strand > 0 else opposite(alt)
    if edit == "ins":
        assert end == start + 1
        return genome[:start] + new + genome[start:]
    if edit == "dup":
        new = genome[start - 1 : end] * 2
    return genome[: start - 1] + new + genome[end:]


def translated(bases: str) -> str:
    places = ["TCAG".index(base) for base in bases]
    return "".join(
        STANDARD[16 * places[at] + 4 * places[at + 1] + places[at + 2]] for at in range(0, len(places) - 2, 3)
    )


def to_stop(acids: str) -> str:
    return acids[: acids.index("*") + 1] if "*" in acids else acids


def change_of(coding: str, trailer: str, edit: tuple[int, int, str]) -> tuple[str, str, int, bool]:
    """Return what putting new bases in place of ``coding[start:end]`` does to the codons that it touches."""
    start, end, new = edit
    first, last = start // 3, max(end - 1, start) // 3
    ref = translated(coding[3 * first : 3 * last + 3])
    shifted = (len(new) - (end - start)) % 3 != 0
    rest = coding[end:] + trailer if shifted else coding[end : 3 * last + 3]
    alt = translated(coding[3 * first : start] + new + rest)
    return ref, to_stop(alt) if shifted else alt, first + 1, shifted
