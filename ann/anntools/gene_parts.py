"""Exons and CDS parts, a line each, put together to transcripts: what GFF3 and GTF have in common."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ann.anntools.gene_files import GeneModels, note
from ann.anntools.texts import Bools, Ints

MINUS = b"-"
START_MISSING, STOP_MISSING = b"cds_start_NF", b"cds_end_NF"
PHASES = [b"0", b"1", b"2"]


@dataclass(frozen=True, kw_only=True)
class Parts:
    """P exons and parts of CDS in the order of the file; positions are 1-based inclusive.

    ``owner``: int64 (P,), the transcript, a number from 0 on. ``coding``: bool (P,), false for exons. ``contig``: int64
    (P,). ``strand``: int8 (P,), 1 or -1. ``phase``: int8 (P,), -1 where there is none. ``row`` as in `GeneModels`.
    """

    owner: Ints
    coding: Bools
    contig: Ints
    start: Ints
    end: Ints
    strand: NDArray[np.int8]
    phase: NDArray[np.int8]
    row: Ints

    def take(self, rows: NDArray[np.generic]) -> "Parts":
        """Return the chosen parts."""
        return Parts(**{name: column[rows] for name, column in vars(self).items()})


@dataclass(frozen=True, kw_only=True)
class Structures:
    """What the parts tell of T transcripts; ``owner`` int64 (T,), ascending; the others as in `GeneModels`."""

    owner: Ints
    contig: Ints
    row: Ints
    strand: NDArray[np.int8]
    cds_start: Ints
    cds_end: Ints
    phase: NDArray[np.int8]
    exon_offsets: Ints
    exon_starts: Ints
    exon_ends: Ints
    notes: list[str] = field(default_factory=list)


class Collector:
    """Gathers exons and parts of CDS, a batch of lines at a time; ``contigs`` are the names met, in order."""

    def __init__(self) -> None:
        self.contigs: dict[bytes, int] = {}
        self._parts: list[Parts] = []
        self._keys: list[pa.BinaryArray] = []

    def add(self, row: Ints, batch: pa.RecordBatch, keys: pa.BinaryArray, coding: Bools) -> None:
        """Take lines as `feature_rows.batches` gives them; ``keys`` say which transcript each belongs to."""
        names = batch["contig"].dictionary_encode()
        codes = [self.contigs.setdefault(name, len(self.contigs)) for name in names.dictionary.to_pylist()]
        self._keys.append(keys)
        phase = pc.fill_null(pc.index_in(batch["phase"], value_set=pa.array(PHASES)), -1)
        self._parts.append(
            Parts(
                owner=np.zeros(row.size, np.int64),
                coding=coding,
                contig=np.array(codes, np.int64)[names.indices.to_numpy()],
                start=batch["start"].to_numpy(),
                end=batch["end"].to_numpy(),
                strand=np.where(pc.equal(batch["strand"], MINUS).to_numpy(zero_copy_only=False), -1, 1).astype(np.int8),
                phase=phase.to_numpy().astype(np.int8),
                row=row,
            )
        )

    def finish(self) -> tuple[Parts, pa.BinaryArray]:
        """Return all parts, and the key of each owner."""
        owners = pa.chunked_array(self._keys, pa.binary()).combine_chunks().dictionary_encode()
        names = [item.name for item in fields(Parts)]
        columns = {name: np.concatenate([getattr(part, name) for part in self._parts]) for name in names}
        return Parts(**columns | {"owner": owners.indices.to_numpy().astype(np.int64)}), owners.dictionary


def assemble(parts: Parts, path: Path) -> Structures:
    """Return the transcripts of ``parts``; those that are no transcripts are left out and noted.

    A transcript without exons, as RefSeq writes some mitochondrial genes, has its parts of CDS as exons. ``path`` is
    the file, for the line numbers in notes.
    """
    notes: list[str] = []
    parts = parts.take(np.lexsort((parts.start, parts.owner)))
    parts = _of_one_place(parts, path, notes)
    parts = _with_exons(parts)
    parts = _disjoint(parts, path, notes)
    parts = _coded_in_exons(parts, path, notes)
    exons = parts.take(~parts.coding)
    firsts = _firsts(exons.owner)
    owner = exons.owner[firsts]
    cds_start, cds_end, phase = _cds(parts, owner, exons.strand[firsts])
    return Structures(
        owner=owner,
        contig=exons.contig[firsts],
        row=np.minimum.reduceat(exons.row, firsts) if firsts.size else exons.row,
        strand=exons.strand[firsts],
        cds_start=cds_start,
        cds_end=cds_end,
        phase=phase,
        exon_offsets=np.append(firsts, exons.owner.size),
        exon_starts=exons.start,
        exon_ends=exons.end,
        notes=notes,
    )


def _firsts(owner: Ints) -> Ints:
    """Return where each run of equal values begins."""
    return np.flatnonzero(np.diff(owner, prepend=-1))


def _of_one_place(parts: Parts, path: Path, notes: list[str]) -> Parts:
    """Leave out transcripts that lie on several contigs or strands (trans-spliced ones)."""
    firsts = _firsts(parts.owner)
    counts = np.diff(np.append(firsts, parts.owner.size))
    differs = parts.contig != np.repeat(parts.contig[firsts], counts)
    differs |= parts.strand != np.repeat(parts.strand[firsts], counts)
    return _without(parts, parts.owner[differs], path, notes, "on several contigs or strands")


def _with_exons(parts: Parts) -> Parts:
    """Give transcripts that have no exons their parts of CDS as exons."""
    lacking = parts.coding & ~np.isin(parts.owner, parts.owner[~parts.coding])
    if not lacking.any():
        return parts
    rows = np.concatenate((np.flatnonzero(lacking), np.arange(parts.owner.size)))
    coding = np.concatenate((np.zeros(int(lacking.sum()), np.bool_), parts.coding))
    doubled = Parts(**{**vars(parts.take(rows)), "coding": coding})
    return doubled.take(np.lexsort((doubled.start, doubled.owner)))


def _disjoint(parts: Parts, path: Path, notes: list[str]) -> Parts:
    """Leave out transcripts whose exons overlap."""
    exons = parts.take(~parts.coding)
    overlaps = (np.diff(exons.owner) == 0) & (exons.start[1:] <= exons.end[:-1])
    return _without(parts, exons.owner[1:][overlaps], path, notes, "whose exons overlap")


def _coded_in_exons(parts: Parts, path: Path, notes: list[str]) -> Parts:
    """Leave out transcripts with a part of CDS that does not begin and end in an exon."""
    exons, coding = parts.take(~parts.coding), parts.take(parts.coding)
    if not coding.owner.size:
        return parts
    keys, shift = (exons.owner << 32) + exons.start, coding.owner << 32
    home = np.searchsorted(keys, np.stack((shift + coding.start, shift + coding.end)), side="right") - 1
    inside = (exons.owner[home] == coding.owner) & (home >= 0)
    inside &= np.stack((coding.start, coding.end)) <= exons.end[home]
    return _without(parts, coding.owner[~inside.all(axis=0)], path, notes, "whose CDS is not within their exons")


def _without(parts: Parts, owners: Ints, path: Path, notes: list[str], why: str) -> Parts:
    if not owners.size:
        return parts
    bad = np.isin(parts.owner, owners)
    left_out = parts.take(bad)
    rows = np.unique(np.stack((left_out.owner, left_out.row)), axis=1)
    first = rows[1][_firsts(rows[0])]
    notes.append(note(path, first, lambda count: f"{count} transcripts {why} were left out"))
    return parts.take(~bad)


def _cds(parts: Parts, owner: Ints, strand: NDArray[np.int8]) -> tuple[Ints, Ints, NDArray[np.int8]]:
    """Return cds_start, cds_end and phase of each of the transcripts ``owner``."""
    coding = parts.take(parts.coding)
    start, end = np.ones(owner.size, np.int64), np.zeros(owner.size, np.int64)
    phase = np.zeros(owner.size, np.int8)
    firsts = _firsts(coding.owner)
    if not firsts.size:
        return start, end, phase
    rows = np.searchsorted(owner, coding.owner[firsts])
    start[rows] = coding.start[firsts]
    end[rows] = np.maximum.reduceat(coding.end, firsts)
    # The first part in the direction of the transcript; a stop codon on a line of its own has a phase that tells less.
    lasts = np.append(firsts[1:], coding.owner.size) - 1
    phase[rows] = np.maximum(coding.phase[np.where(strand[rows] > 0, firsts, lasts)], 0)
    return start, end, phase


def models_of(structures: Structures, contigs: Iterable[bytes], texts: Mapping[str, pa.BinaryArray]) -> GeneModels:
    """Return the gene models of ``structures``.

    ``contigs`` are the file's names; ``texts``, a row per transcript each: symbols, gene_ids, names, biotypes, and
    GENCODE's and Ensembl's tags, null for none.
    """
    return GeneModels(
        contigs=[name.decode("utf-8", "replace") for name in contigs],
        contig=structures.contig,
        row=structures.row,
        strand=structures.strand,
        symbols=texts["symbols"],
        gene_ids=texts["gene_ids"],
        names=texts["names"],
        biotypes=texts["biotypes"],
        cds_start=structures.cds_start,
        cds_end=structures.cds_end,
        phase=structures.phase,
        start_known=~_tagged(texts["tags"], START_MISSING),
        stop_known=~_tagged(texts["tags"], STOP_MISSING),
        exon_offsets=structures.exon_offsets,
        exon_starts=structures.exon_starts,
        exon_ends=structures.exon_ends,
        notes=tuple(structures.notes),
    )


def versioned(names: pa.Array, versions: pa.Array) -> pa.Array:
    """Return ``names`` with a dot and the version where there is one that the name has not, as HGVS wants them."""
    whole = pc.binary_join_element_wise(names, versions, b".")
    return pc.if_else(pc.match_substring_regex(names, r"\.[0-9]+(?:_PAR_Y)?$"), names, pc.coalesce(whole, names))


def _tagged(tags: pa.BinaryArray, tag: bytes) -> Bools:
    found: Bools = pc.fill_null(pc.match_substring(tags, tag), False).to_numpy(zero_copy_only=False)  # noqa: FBT003  Arrow takes it by place
    return found
