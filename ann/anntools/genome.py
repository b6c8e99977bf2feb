"""The contigs of an assembly as records name them, each with its tables, or the reason why it has none."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ann.anntools.assembly import HUMAN, PATTERNS, Assembly, canonical, find
from ann.anntools.blocks import Block
from ann.anntools.contigs import MITOCHONDRION, RCRS_ACCESSIONS, Names, contig_name
from ann.anntools.errors import ReferenceDataError, UnknownAssembly, clipped
from ann.anntools.header import Header
from ann.anntools.refcheck import fit, mismatches
from ann.anntools.refdata import BUNDLE, Reference, Release, installed, load
from ann.anntools.texts import Bytes, Ints, Texts
from ann.anntools.transcripts import Transcripts

if TYPE_CHECKING:
    from ann.anntools.tracks import Track

TOLD_APART = 1000  # contigs without tables, by name; more share one reason, which bounds memory and the log
RCRS, RCRS_LENGTH = "rCRS", 16569
# hg19's chrM (NC_001807) runs level with the rCRS up to here; after it the two are one or two bases apart, so that by
# chance one REF of three or four is the same in both.
LEVEL = 320
TELLING = 4  # records after LEVEL that settle whether a mitochondrion is the rCRS
MOST_MISMATCHES = 0.2

NO_TRANSCRIPTS = Transcripts(
    starts=np.zeros(0, np.int64),
    ends=np.zeros(0, np.int64),
    strand=np.zeros(0, np.int8),
    gene=np.zeros(0, np.int64),
    genes=pa.array([], pa.binary()),
    gene_ids=pa.array([], pa.binary()),
    names=pa.array([], pa.binary()),
    biotypes=pa.array([], pa.binary()),
    cds_start=np.zeros(0, np.int64),
    cds_end=np.zeros(0, np.int64),
    phase=np.zeros(0, np.int8),
    start_known=np.zeros(0, np.bool_),
    stop_known=np.zeros(0, np.bool_),
    exon_offsets=np.zeros(1, np.int64),
    exon_starts=np.zeros(0, np.int64),
    exon_ends=np.zeros(0, np.int64),
)
NOWHERE = Reference(
    folder=BUNDLE, assembly="unknown", version="", releases=(), contigs={}, files={}, _contigs={}, _track_entries=()
)


@dataclass(frozen=True)
class Tables:
    """What is known of one contig, called ``name`` by the reference; ``length`` and ``flank`` in bases.

    ``transcripts`` has no rows where no gene models are at hand. ``sequence``: uint8, ASCII, None where it is not at
    hand. ``tracks`` are all tracks of the reference, whether they know this contig or not.
    """

    name: str
    length: int
    flank: int
    transcripts: Transcripts
    sequence: Bytes | None
    tracks: "tuple[Track, ...]"


@dataclass
class Compared:
    """How many records of a mitochondrion, after LEVEL, were compared with the rCRS, and how many differ."""

    records: int = 0
    mismatches: int = 0


@dataclass
class Genome:
    """Finds the tables of a contig by any of its names, in the order of a file's records.

    ``reference`` has them; ``rcrs``, where it is given, has the mitochondrion of a human assembly that brings none.
    ``distance``, where it is given, takes the place of the references' flanks, in bases.
    """

    assembly: Assembly
    reference: Reference
    header: Header
    rcrs: Reference | None = None
    distance: int | None = None
    _found: dict[bytes, Tables | str] = field(default_factory=dict)
    _compared: dict[str, Compared] = field(default_factory=dict)
    _borrowed: bool = False

    @property
    def releases(self) -> tuple[Release, ...]:
        """The sources of all tables used so far."""
        borrowed = self.rcrs.releases if self.rcrs is not None and self._borrowed else ()
        return tuple(dict.fromkeys((*self.reference.releases, *borrowed)))

    @property
    def has_genes(self) -> bool:
        """Whether any contig has gene models."""
        return self.reference.has_genes

    @property
    def contigs(self) -> list[str]:
        """All contigs that records can lie on, in the reference's order."""
        return list(dict.fromkeys([*self.reference.contigs, *(self.rcrs.contigs if self.rcrs is not None else ())]))

    def release_pages(self) -> None:
        """Give the memory of the mapped sequences back to the system."""
        for reference in (self.reference, self.rcrs):
            if reference is not None:
                reference.release_pages()

    def tables(self, chrom: bytes, ref: Texts, pos: Ints) -> Tables | str:
        """Return the tables of the contig that records call ``chrom``, or why it has none.

        ``ref`` and ``pos`` are those of the block's records on it, N of each: bases tell the rCRS from hg19's chrM.
        """
        found = self._found.get(chrom)
        if found is not None:
            return found
        found, settled = self._find(chrom.decode("utf-8", "replace"), ref, pos)
        if isinstance(found, str) and len(self._found) >= TOLD_APART:
            return f"more contigs are not in {self.reference.assembly}"
        if settled:
            self._found[chrom] = found
        return found

    @cached_property
    def _human(self) -> bool:
        return canonical(self.reference.assembly) in HUMAN

    @cached_property
    def _names(self) -> Names:
        return Names(self.reference.contigs, human=self._human)

    @cached_property
    def _lengths(self) -> dict[str, int]:
        return {contig.name: contig.length for contig in self.header.contigs}

    def _find(self, chrom: str, ref: Texts, pos: Ints) -> tuple[Tables | str, bool]:
        """Return the tables or why there are none, and whether more records would not change that."""
        name = self._names.find(chrom)
        if self._human and contig_name(name or chrom) == MITOCHONDRION:
            return self._mitochondrion(chrom, name, ref, pos)
        if name is None:
            return f"the contig {clipped(chrom)} is not in {self.reference.assembly}", True
        return self._tables(self.reference, name), True

    def _tables(self, reference: Reference, name: str) -> Tables:
        models = reference.transcripts(name)
        return Tables(
            name=name,
            length=reference.contigs[name],
            flank=reference.flank(name) if self.distance is None else self.distance,
            transcripts=NO_TRANSCRIPTS if models is None else models,
            sequence=reference.sequence(name),
            tracks=self.reference.tracks,
        )

    def _mitochondrion(self, chrom: str, name: str | None, ref: Texts, pos: Ints) -> tuple[Tables | str, bool]:
        """Return the tables of a human mitochondrion, which are those of the rCRS unless the reference has its own."""
        if name is not None:
            tables = self._tables(self.reference, name)
        elif self.rcrs is not None and MITOCHONDRION in self.rcrs.contigs:
            tables = self._tables(self.rcrs, MITOCHONDRION)
        else:
            return f"the contig {clipped(chrom)} is not in {self.reference.assembly}", True
        declared = self._lengths.get(chrom, 0)
        if declared not in (0, tables.length):
            of = "the rCRS" if tables.length == RCRS_LENGTH else f"the {tables.name} of {self.reference.assembly}"
            return f"the mitochondrion {clipped(chrom)} of {declared:,} bases is not {of}", True
        why, settled = "", True
        if tables.length == RCRS_LENGTH and not declared and not self._is_rcrs_by_name(chrom):
            why, settled = self._differs(chrom, tables, ref, pos)
        if why:
            return why, settled
        self._borrowed |= name is None
        return tables, settled

    def _is_rcrs_by_name(self, chrom: str) -> bool:
        """Return whether the assembly and the name tell that a mitochondrion is the rCRS.

        UCSC's hg18 and hg19 call another sequence chrM; what others call MT since GRCh37 is the rCRS.
        """
        assembly = canonical(self.reference.assembly)
        if assembly == "hg18":
            return chrom.upper() in RCRS_ACCESSIONS
        return assembly in {"GRCh38", RCRS} or chrom == MITOCHONDRION or chrom.upper() in RCRS_ACCESSIONS

    def _differs(self, chrom: str, tables: Tables, ref: Texts, pos: Ints) -> tuple[str, bool]:
        """Return why ``chrom`` does not look like the rCRS, empty where it does, and whether that is final."""
        if tables.sequence is None:
            return f"whether {clipped(chrom)} is the rCRS cannot be known", True
        rows = np.flatnonzero((pos > LEVEL) & (ref.sizes > 0))
        seen = self._compared.setdefault(chrom, Compared())
        seen.records += rows.size
        seen.mismatches += int(mismatches(ref.take(rows), pos[rows], tables.sequence).sum())
        if seen.records < TELLING:
            return f"too few records tell whether {clipped(chrom)} is the rCRS, and ##contig gives no length", False
        if seen.mismatches > MOST_MISMATCHES * seen.records:
            counts = f"REF differs in {seen.mismatches:,} of {seen.records:,} records"
            return f"the mitochondrion {clipped(chrom)} is not the rCRS: {counts}", True
        return "", True


def references(folder: Path | None) -> tuple[list[Reference], list[Reference]]:
    """Return the references in ``folder``, none where it is None, and those of the shipped ones that they leave.

    Raises ReferenceDataError where ``folder`` holds none, or where one cannot be used.
    """
    given = []
    if folder is not None:
        paths = installed(folder)
        if not paths:
            raise ReferenceDataError(f"There is no reference in {folder}.")
        given = [load(None, path) for path in paths]
    taken = {canonical(reference.assembly) for reference in given}
    shipped = {reference.assembly: reference for reference in (load(None, path) for path in installed(BUNDLE))}
    return given, [shipped[name] for name in PATTERNS if name in shipped and name not in taken]


def identify(
    header: Header, first: Block | None, wanted: str | None, given: Sequence[Reference], shipped: Sequence[Reference]
) -> Genome:
    """Return the genome of a file: the one asked for, else the one that its header or ``first`` records tell.

    ``first`` is None for a file without records, whose assembly nobody needs to know. ``given`` and ``shipped`` are
    what `references` returns. Raises UnknownAssembly.
    """
    available = {reference.assembly: reference for reference in (*given, *shipped)}
    fits = []
    if first is not None:
        for name, reference in available.items():
            names = Names(reference.contigs, human=canonical(name) in HUMAN)
            fits.append(fit(first, reference, names))
    chroms = [] if first is None else [chrom.decode("utf-8", "replace") for chrom in first.contigs()[0]]
    lengths = {name: reference.contigs for name, reference in available.items()}
    try:
        found = find(header, chroms, wanted, lengths, given=[reference.assembly for reference in given], fits=fits)
    except UnknownAssembly:
        if first is not None or wanted is not None:
            raise
        return Genome(Assembly(NOWHERE.assembly, "there are no records"), NOWHERE, header)
    return Genome(found, available[found.name], header, available.get(RCRS))
