"""What is said of each record of a block: genes, transcripts, regions and cytobands, as text ready for INFO."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from ann.anntools import spans
from ann.anntools.blocks import REF, Block
from ann.anntools.consequence import CODE, REGION_TEXTS, REGIONS, flanks, regions
from ann.anntools.genome import Genome, Tables
from ann.anntools.header import InfoKey
from ann.anntools.intervals import expand
from ann.anntools.texts import Ints, Texts, concatenate, from_list, join, stack

# The separator of several genes or transcripts within one allele; commas separate alleles.
WITHIN = b"&"
# A deletion of a whole chromosome touches thousands of transcripts. No more than this many are examined, and of these
# so many of the most severe are listed for an allele, as long as all alleles of the record together have room.
EXAMINED = 1000
LISTED = 200
LISTED_IN_RECORD = 1000
# Work on so many pairs of allele and transcript at a time, which bounds memory to some tens of MiB.
PAIRS = 1 << 19

GENE = InfoKey(
    "GENE", "A", "String", "Genes that the allele touches, each once, most severe region first, separated by &"
)
TRANSCRIPT = InfoKey(
    "TRANSCRIPT", "A", "String", "Transcripts that the allele touches, most severe region first, separated by &"
)
REGION = InfoKey(
    "REGION", "A", "String", f"Region of each transcript in TRANSCRIPT, separated by &: {' '.join(REGIONS)}"
)
CYTOBAND = InfoKey("CYTOBAND", ".", "String", "Cytobands that the record touches")
KEYS = (GENE, TRANSCRIPT, REGION, CYTOBAND)


@dataclass
class Tally:
    """Counts over all records: ``most_severe`` by region, once per record; ``isoforms`` by region, once per transcript.

    ``unplaced`` by reason. ``contigs`` by our name of the contig. ``cut`` records touch more transcripts than
    are listed. ``mismatches`` of ``compared`` records have a REF that is not the reference's.
    """

    records: int = 0
    most_severe: Counter[str] = field(default_factory=Counter)
    isoforms: Counter[str] = field(default_factory=Counter)
    unplaced: Counter[str] = field(default_factory=Counter)
    contigs: Counter[str] = field(default_factory=Counter)
    cut: int = 0
    compared: int = 0
    mismatches: int = 0
    first_mismatch: int = 0


class Annotator:
    """Writes the text for the records of one genome and counts what it says."""

    def __init__(self, genome: Genome, names: dict[InfoKey, bytes]) -> None:
        """``names`` are the keys to write, which differ from the usual ones where the input uses those itself."""
        self.tally = Tally()
        self._genome = genome
        self._names = names

    def annotate(self, block: Block) -> Iterator[tuple[Block, Texts]]:
        """Yield the block in parts with the text for each record: ``;KEY=value…``, empty where it has no place."""
        chroms, codes = block.contigs()
        found = [self._genome.tables(chrom) for chrom in chroms]
        first, last = block.pos, spans.last_bases(block)
        placed = self._place(found, codes, first)
        weights = np.zeros(len(block), np.int64)
        for code, tables in enumerate(found):
            if isinstance(tables, Tables):
                rows = np.flatnonzero(placed & (codes == code))
                touched = tables.transcripts.bodies.count(first[rows], last[rows])
                room = _room(block.alleles[rows])
                self.tally.cut += int((touched > room).sum())
                weights[rows] = np.minimum(touched, EXAMINED) + np.minimum(touched, room) * block.alleles[rows]
                self._compare(block, tables, rows)
        for start, stop in _batches(weights):
            within = slice(start, stop)
            part = block.part(start, stop)
            yield part, self._texts(part, found, np.where(placed, codes, -1)[within], last[within])
        self.tally.records += len(block)

    def _place(self, found: list[Tables | str], codes: Ints, pos: Ints) -> np.typing.NDArray[np.bool_]:
        """Return which records lie on a known contig, bool (N,), and count by contig and by reason."""
        lengths = np.array([tables.length if isinstance(tables, Tables) else 0 for tables in found])[codes]
        placed = (pos >= 1) & (pos <= lengths)
        for code, count in enumerate(np.bincount(codes[placed], minlength=len(found)).tolist()):
            tables = found[code]
            if count and isinstance(tables, Tables):
                self.tally.contigs[tables.name] += count
        for code, count in enumerate(np.bincount(codes[~placed], minlength=len(found)).tolist()):
            tables = found[code]
            if count:
                outside = tables if isinstance(tables, str) else f"POS is not on the contig {tables.name}"
                self.tally.unplaced[outside] += count
        return placed

    def _compare(self, block: Block, tables: Tables, rows: Ints) -> None:
        """Check REF against the sequence, where it is at hand; capital and small letters are the same."""
        if tables.sequence is None or not rows.size:
            return
        ref = block.column(REF).take(rows)
        # One base past the end of the contig is wrong already.
        ref = Texts(ref.data, ref.starts, np.minimum(ref.sizes, tables.sequence.size - block.pos[rows] + 2))
        owner = np.repeat(np.arange(rows.size), ref.sizes)
        place = expand(block.pos[rows] - 1, ref.sizes)
        inside = place < tables.sequence.size
        expected = tables.sequence[np.where(inside, place, 0)]
        upper = ref.flat() & ~np.uint8(0x20)
        wrong = np.unique(owner[~inside | ((upper != expected) & (upper != ord("N")) & (expected != ord("N")))])
        self.tally.compared += rows.size
        if wrong.size and not self.tally.mismatches:
            self.tally.first_mismatch = block.first_line + int(rows[wrong[0]])
        self.tally.mismatches += wrong.size

    def _texts(self, part: Block, found: list[Tables | str], codes: Ints, last: Ints) -> Texts:
        """Return the text of each record of ``part``; ``codes`` are places in ``found``, -1 for none."""
        rows = [np.flatnonzero(codes < 0)]
        texts = [from_list([b""] * rows[0].size)]
        for code in np.unique(codes[codes >= 0]).tolist():
            tables = found[code]
            if isinstance(tables, Tables):
                rows.append(np.flatnonzero(codes == code))
                texts.append(self._contig(tables, part.pos[rows[-1]], last[rows[-1]], part.alleles[rows[-1]]))
        return stack(texts).take(np.argsort(np.concatenate(rows), kind="stable"))

    def _contig(self, tables: Tables, first: Ints, last: Ints, alleles: Ints) -> Texts:
        """Return the text of records on one contig."""
        models = tables.transcripts
        span, code, transcript = _located(tables, first, last)
        self.tally.isoforms.update(_by_region(code))
        counts = np.bincount(span, minlength=first.size)
        ranks = expand(np.zeros_like(counts), counts)
        self.tally.most_severe.update(_by_region(code[ranks == 0]))
        self.tally.most_severe["interGenic"] += int((counts == 0).sum())
        room = _room(alleles)
        listed = ranks < room[span]
        span, code, transcript = span[listed], code[listed], transcript[listed]
        counts = np.minimum(counts, room)
        genes = _first_mentions(span, models.gene[transcript])
        gene_counts = np.bincount(span[genes], minlength=first.size)
        region = join(REGION_TEXTS.take(code), counts, WITHIN)
        intergenic = stack([region, REGION_TEXTS.take(np.array([CODE["interGenic"]]))])
        region = intergenic.take(np.where(counts > 0, np.arange(first.size), first.size))
        touching = counts > 0
        return concatenate(
            self._key(GENE, touching),
            _per_allele(join(models.genes.take(models.gene[transcript[genes]]), gene_counts, WITHIN), alleles),
            self._key(TRANSCRIPT, touching),
            _per_allele(join(models.names.take(transcript), counts, WITHIN), alleles),
            self._key(REGION, np.ones_like(touching)),
            _per_allele(region, alleles),
            *self._bands(tables, first, last),
        )

    def _bands(self, tables: Tables, first: Ints, last: Ints) -> list[Texts]:
        if tables.bands is None:
            return []
        span, band = tables.bands.intervals.overlaps(first, last)
        counts = np.bincount(span, minlength=first.size)
        return [self._key(CYTOBAND, counts > 0), join(tables.bands.names.take(band), counts, b",")]

    def _key(self, key: InfoKey, present: np.typing.NDArray[np.bool_]) -> Texts:
        """Return ``;KEY=`` for the records where ``present``, nothing for the others."""
        texts = from_list([b"", b";" + self._names[key] + b"="])
        return texts.take(present.astype(np.int64))


def _room(alleles: Ints) -> Ints:
    """Return how many transcripts each record may list for every one of its alleles."""
    return np.clip(LISTED_IN_RECORD // alleles, 1, LISTED)


def _located(tables: Tables, first: Ints, last: Ints) -> tuple[Ints, Ints, Ints]:
    """Return (span, region code, transcript), ascending in this order.

    Of each span at most EXAMINED, the first on the contig; neighbours only of spans that touch none.
    """
    models = tables.transcripts
    span, transcript = models.bodies.overlaps(first, last, EXAMINED)
    code = regions(models, transcript, first[span], last[span])
    free = np.flatnonzero(np.bincount(span, minlength=first.size) == 0)
    near, neighbour = tables.neighbourhoods.overlaps(first[free], last[free], EXAMINED)
    near = free[near]
    span = np.concatenate((span, near))
    code = np.concatenate((code, flanks(models, neighbour, last[near])))
    transcript = np.concatenate((transcript, neighbour))
    order = np.lexsort((transcript, code, span))
    return span[order], code[order], transcript[order]


def _by_region(codes: Ints) -> dict[str, int]:
    counts = np.bincount(codes, minlength=len(REGIONS)).tolist()
    return {name: count for name, count in zip(REGIONS, counts, strict=True) if count}


def _first_mentions(span: Ints, gene: Ints) -> Ints:
    """Return where each gene is named first within its span, ascending."""
    _, places = np.unique((span << 32) + gene, return_index=True)
    return np.sort(places)


def _per_allele(texts: Texts, alleles: Ints) -> Texts:
    """Repeat each row once per ALT allele, separated by commas; empty rows stay empty."""
    times = np.where(texts.sizes > 0, alleles, 1)
    if (times == 1).all():
        return texts
    return join(texts.take(np.repeat(np.arange(len(texts)), times)), times, b",")


def _batches(weights: Ints) -> Iterator[tuple[int, int]]:
    """Cut the records into runs whose weights sum to at most PAIRS, or that are one record."""
    totals = np.cumsum(weights)
    start = 0
    while start < weights.size:
        taken = int(totals[start - 1]) if start else 0
        stop = max(int(np.searchsorted(totals, taken + PAIRS, side="right")), start + 1)
        yield start, stop
        start = stop
