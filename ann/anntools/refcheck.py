"""Whether records lie on a reference: their REF against its bases, their POS against the ends of its contigs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ann.anntools.blocks import REF, Block
from ann.anntools.contigs import Names
from ann.anntools.intervals import expand
from ann.anntools.refdata import Reference
from ann.anntools.texts import Bytes, Ints, Texts

# REF as far as it can be compared: capitals; and the reference's bases, 0 for those that are not known for sure.
CAPITALS = np.arange(256, dtype=np.uint8)
CAPITALS[list(b"abcdefghijklmnopqrstuvwxyz")] = list(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
KNOWN = np.zeros(256, np.uint8)
KNOWN[list(b"ACGTacgt")] = list(b"ACGTACGT")
ANY = ord("N")
# A REF longer than LONG is compared alone, shorter ones so many at a time; each base takes some 30 bytes then.
LONG, BATCH = 64, 1 << 14
# As many records tell whether a file fits a reference, and of them so many by their REF: looking at bases far apart
# fills the memory with what lies around them.
SAMPLE, COMPARED = 10_000, 200


def mismatches(ref: Texts, pos: Ints, sequence: Bytes) -> NDArray[np.bool_]:
    """Return which of N records have another REF than the reference, bool (N,).

    ``ref``: texts (N,), none empty. ``pos``: int64 (N,), 1-based. ``sequence``: uint8, ASCII bases of the contig.
    Capital and small letters are the same. An N in REF fits everything, and everything fits a base of the reference
    that is not A, C, G or T. What lies before the first or after the last base of the contig fits nothing.
    """
    wrong = _differ(ref.data[ref.starts], pos - 1, sequence)
    longer = np.flatnonzero(ref.sizes > 1)
    if longer.size:
        wrong[longer] |= (pos[longer] - 1 + ref.sizes[longer]) > sequence.size
        # A REF that is known to be wrong needs no more looking at, above all one that leaves the contig.
        longer = longer[~wrong[longer]]
        short = longer[ref.sizes[longer] <= LONG]
        for first in range(0, short.size, BATCH):
            rows = short[first : first + BATCH]
            wrong[rows] = _rows_differ(ref.take(rows), pos[rows], sequence)
        for row in longer[ref.sizes[longer] > LONG].tolist():
            first, start, size = int(pos[row]) - 1, int(ref.starts[row]), int(ref.sizes[row])
            wrong[row] = _unlike(ref.data[start : start + size], sequence[first : first + size]).any()
    return wrong


def _rows_differ(ref: Texts, pos: Ints, sequence: Bytes) -> NDArray[np.bool_]:
    """Compare all bases of rows that lie within the contig."""
    place = expand(pos - 1, ref.sizes)
    unlike = np.concatenate(([0], np.cumsum(_unlike(ref.flat(), sequence[place]))))
    ends = np.cumsum(ref.sizes)
    rows: NDArray[np.bool_] = unlike[ends] > unlike[ends - ref.sizes]
    return rows


def _differ(base: Bytes, place: Ints, sequence: Bytes) -> NDArray[np.bool_]:
    """Compare one base each; ``place`` is 0-based and may lie outside the contig, which fits nothing."""
    if not sequence.size:
        return np.ones(base.size, np.bool_)
    outside = (place < 0) | (place >= sequence.size)
    if outside.any():
        return outside | _unlike(base, sequence[np.where(outside, 0, place)])
    return _unlike(base, sequence[place])


def _unlike(base: Bytes, reference: Bytes) -> NDArray[np.bool_]:
    base, known = CAPITALS[base], KNOWN[reference]
    unlike: NDArray[np.bool_] = (base != known) & (known != 0) & (base != ANY)
    return unlike


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How the first records of a file fit one assembly.

    ``placed`` of ``records`` are on a contig that it has, ``beyond`` of these after its end. ``mismatches`` of
    ``compared`` have a REF that is not the reference's; 0 of 0 where no sequence is at hand.
    """

    assembly: str
    records: int
    placed: int
    beyond: int
    compared: int
    mismatches: int


def fit(block: Block, reference: Reference, names: Names) -> Fit:
    """Return how the records of ``block``, at most SAMPLE of them, fit ``reference`` with its contigs' ``names``."""
    block = block.part(0, min(len(block), SAMPLE))
    chroms, codes = block.contigs()
    placed = beyond = compared = wrong = 0
    for code, chrom in enumerate(chroms):
        name = names.find(chrom.decode("utf-8", "replace"))
        if name is None:
            continue
        rows = np.flatnonzero(codes == code)
        placed += rows.size
        beyond += int((block.pos[rows] > reference.contigs[name]).sum())
        sequence = reference.sequence(name)
        rows = rows[(block.pos[rows] >= 1) & (block.pos[rows] <= reference.contigs[name])]
        rows = rows[: COMPARED - compared]
        if sequence is not None and rows.size:
            compared += rows.size
            wrong += int(mismatches(block.column(REF).take(rows), block.pos[rows], sequence).sum())
    return Fit(
        assembly=reference.assembly,
        records=len(block),
        placed=placed,
        beyond=beyond,
        compared=compared,
        mismatches=wrong,
    )
