"""All that is counted of a run, block by block, and added up over processes."""

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ann.anntools import genotypes
from ann.anntools.annotated import TYPES, Annotated, allele_types, firsts
from ann.anntools.blocks import Block
from ann.anntools.effects import TERMS, severity
from ann.anntools.regions import REGIONS, of_terms
from ann.anntools.texts import Ints
from ann.anntools.variants import Alleles, Kind

INTERGENIC: Final = next(place for place, term in enumerate(TERMS) if term.name == "intergenic_variant")
NOWHERE: Final = REGIONS.index("interGenic")
# Lengths of insertions and deletions are counted one by one up to this many bases, beyond that together.
LONGEST_INDEL: Final = 50
WINDOW: Final = 1_000_000  # bases over which density is counted
TRANSITION, TRANSVERSION = 0, 1


def _zeros(shape: int | tuple[int, int]) -> Ints:
    return np.zeros(shape, np.int64)


def _substitutions() -> NDArray[np.uint8]:
    """Return TRANSITION, TRANSVERSION or 2 (a base is none of ACGT) by REF and ALT base, uint8 (256 * 256,)."""
    table = np.full((256, 256), 2, np.uint8)
    bases = np.frombuffer(b"ACGT", np.uint8)
    table[np.ix_(bases, bases)] = TRANSVERSION
    for one, other in (b"AG", b"CT"):
        table[one, other] = table[other, one] = TRANSITION
    return table.ravel()


SUBSTITUTION = _substitutions()


@dataclass
class Tally:
    """Counts over records.

    ``placed`` records by `add`, ``unplaced_by`` reason. ``in_dbsnp`` of ``looked_up`` records. ``regions``: records by
    their most severe region (places in REGIONS); ``unaltered`` are records whose ALT changes nothing. ``isoforms``:
    pairs of allele and transcript by region. ``most_severe``: alleles by their most severe term; ``severest``: pairs by
    theirs, ``terms``: pairs by each of their terms, both with alleles near no transcript as intergenic (places in
    TERMS). ``types``: alleles (places in
    TYPES). ``substitutions``: SNVs by TRANSITION and TRANSVERSION. ``indels``: alleles by the bases that they add,
    from -LONGEST_INDEL - 1 (and fewer) to LONGEST_INDEL + 1 (and more). ``density``: records by contig, then by WINDOW.
    ``genes``: records whose most severe effect is within a gene, by contig and row of ``gene_names``.
    ``genotypes``: by sample and place in `genotypes.CLASSES`. ``cut`` records touch more transcripts than are listed.
    ``mismatches`` of ``compared`` records have a REF that is not the reference's, the first on line ``first_mismatch``,
    0 for none.
    """

    placed: int = 0
    unplaced_by: Counter[str] = field(default_factory=Counter)
    looked_up: int = 0
    in_dbsnp: int = 0
    unaltered: int = 0
    regions: Ints = field(default_factory=partial(_zeros, len(REGIONS)))
    isoforms: Ints = field(default_factory=partial(_zeros, len(REGIONS)))
    most_severe: Ints = field(default_factory=partial(_zeros, len(TERMS)))
    severest: Ints = field(default_factory=partial(_zeros, len(TERMS)))
    terms: Ints = field(default_factory=partial(_zeros, len(TERMS)))
    types: Ints = field(default_factory=partial(_zeros, len(TYPES)))
    substitutions: Ints = field(default_factory=partial(_zeros, 2))
    indels: Ints = field(default_factory=partial(_zeros, 2 * LONGEST_INDEL + 3))
    density: dict[str, Ints] = field(default_factory=dict)
    genes: dict[str, Ints] = field(default_factory=dict)
    gene_names: dict[str, pa.BinaryArray] = field(default_factory=dict)
    genotypes: NDArray[np.int64] = field(default_factory=partial(_zeros, (0, len(genotypes.CLASSES))))
    cut: int = 0
    compared: int = 0
    mismatches: int = 0
    first_mismatch: int = 0

    @property
    def records(self) -> int:
        """All records, placed or not."""
        return self.placed + self.unplaced_by.total()

    def add(self, annotated: Annotated) -> None:
        """Count the records of one contig; every record is given once."""
        self.placed += annotated.rows.size
        if annotated.known is not None:
            self.looked_up += annotated.rows.size
            self.in_dbsnp += int(annotated.known.sum())
        windows = np.bincount(annotated.block.pos[annotated.rows] // WINDOW)
        self.density[annotated.contig] = _sum(self.density.get(annotated.contig, windows[:0]), windows)
        self._add_alleles(annotated.alleles)
        self._add_effects(annotated)

    def unplaced(self, reason: str, count: int) -> None:
        """Count records that have no place in the assembly."""
        self.unplaced_by[reason] += count

    def add_genotypes(self, block: Block, samples: int) -> None:
        """Count the genotypes of a block, whether its records have a place or not; every block has the same samples."""
        found = genotypes.count(block, samples)
        if len(self.genotypes):
            self.genotypes += found
        else:
            self.genotypes = found

    def add_ref(self, compared: int, wrong_lines: Ints) -> None:
        """Count ``compared`` records; on ``wrong_lines`` (int64, 1-based) REF is not the reference's."""
        self.compared += compared
        self.mismatches += wrong_lines.size
        if wrong_lines.size:
            self.first_mismatch = _earlier(self.first_mismatch, int(wrong_lines.min()))

    def top_genes(self, count: int) -> list[tuple[str, int]]:
        """Return the symbols of the genes with most records, most first, then by symbol."""
        found: Counter[str] = Counter()
        for contig, records in self.genes.items():
            rows = np.flatnonzero(records)
            symbols = self.gene_names[contig].take(pa.array(rows)).to_pylist()
            for symbol, number in zip(symbols, records[rows].tolist(), strict=True):
                found[symbol.decode("utf-8", "replace")] += number
        del found[""]
        return sorted(found.items(), key=lambda item: (-item[1], item[0]))[:count]

    def _add_alleles(self, alleles: Alleles) -> None:
        self.types += np.bincount(allele_types(alleles), minlength=len(TYPES))
        ref, alt = alleles.ref, alleles.alt
        snvs = np.flatnonzero((ref.sizes == 1) & (alt.sizes == 1))
        pairs = ref.data[ref.starts[snvs]].astype(np.uint16) << 8 | alt.data[alt.starts[snvs]]
        self.substitutions += np.bincount(SUBSTITUTION[pairs], minlength=3)[:2]
        added = alt.sizes - ref.sizes
        added = np.clip(added[added != 0], -LONGEST_INDEL - 1, LONGEST_INDEL + 1)
        self.indels += np.bincount(added + LONGEST_INDEL + 1, minlength=self.indels.size)

    def _add_effects(self, annotated: Annotated) -> None:
        alleles, effects = annotated.alleles, annotated.effects
        changes = (alleles.kind != Kind.NONE) & (alleles.kind != Kind.SPANNING)
        effective = np.zeros(annotated.rows.size, np.bool_)
        effective[alleles.record[changes]] = True
        changes[effects.allele] = False
        alone = int(changes.sum())
        for counts in (self.most_severe, self.severest, self.terms):
            counts[INTERGENIC] += alone
        if annotated.transcripts is not None and len(effects):
            record = alleles.record[effects.allele]
            self._add_pairs(annotated, record)
            effective[record] = False
        self.regions[NOWHERE] += int(effective.sum())
        self.unaltered = self.placed - int(self.regions.sum())

    def _add_pairs(self, annotated: Annotated, record: Ints) -> None:
        """Count pairs; ``record``: int64 (P,), ascending."""
        effects, transcripts = annotated.effects, annotated.transcripts
        assert transcripts is not None  # noqa: S101  there are pairs
        places = severity(effects.terms)
        self.most_severe += np.bincount(places[firsts(effects.allele)], minlength=len(TERMS))
        self.severest += np.bincount(places, minlength=len(TERMS))
        sets, counts = np.unique_counts(effects.terms)
        self.terms += counts @ ((sets[:, None] >> np.arange(len(TERMS))) & 1)
        codes = of_terms(effects.terms, transcripts.coding[effects.transcript])
        self.isoforms += np.bincount(codes, minlength=len(REGIONS))
        begins = firsts(record)
        self.regions += np.bincount(np.minimum.reduceat(codes, begins), minlength=len(REGIONS))
        # The lowest of these numbers within a record names its most severe pair.
        best = np.minimum.reduceat(places * np.int64(len(effects)) + np.arange(len(effects)), begins) % len(effects)
        best = best[effects.distance[best] == 0]
        genes = np.bincount(transcripts.gene[effects.transcript[best]], minlength=len(transcripts.genes))
        self.gene_names[annotated.contig] = transcripts.genes
        self.genes[annotated.contig] = _sum(self.genes.get(annotated.contig, genes[:0]), genes)


def _earlier(one: int, other: int) -> int:
    """Return the lower of two line numbers, 0 being none."""
    return min(one, other) if one and other else one or other


def _sum(one: Ints, other: Ints) -> Ints:
    """Add two arrays, the shorter one filled up with zeros along its first axis."""
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    total = longer.copy()
    total[: len(shorter)] += shorter
    return total
